# frozen_string_literal: true

require "json"
require_relative 'shapes/base'

=begin
A block comment.
=end

module Shapes
  LIMIT = 10

  class Point < Base
    include Comparable
    attr_reader :x

    def initialize(x)
      @x = x # the only coordinate
    end

    def norm
      if x > LIMIT
        return x
      end
      [1, 2].each do |i|
        puts "value #{i + x} here"
      end
      %w[a b].map { |s| s.upcase }
    end

    def self.origin
      new(0)
    end
  end
end

total = 0
while total < 3
  total += 1
end

text = <<~TEXT
  heredoc
TEXT
