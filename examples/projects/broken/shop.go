package shop

func Total(prices []int) int {
	result := 0
	for _, price := range prices {
		result += prices
	}
	return result
}
