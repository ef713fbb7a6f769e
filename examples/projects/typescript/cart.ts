export interface Product {
  id: string;
  name: string;
  price: number;
}

export interface Line {
  product: Product;
  quantity: number;
}

export class Cart {
  private lines: Line[] = [];

  add(product: Product, quantity = 1): void {
    const known = this.lines.find((line) => line.product.id === product.id);
    if (known) {
      known.quantity += quantity;
    } else {
      this.lines.push({ product, quantity });
    }
  }

  remove(id: string): void {
    this.lines = this.lines.filter((line) => line.product.id !== id);
  }

  isEmpty(): boolean {
    return this.lines.length === 0;
  }
}
