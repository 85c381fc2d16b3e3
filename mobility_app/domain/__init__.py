"""What a customer sheet is: descriptions, rules and rights, in pure Python without input or output."""
