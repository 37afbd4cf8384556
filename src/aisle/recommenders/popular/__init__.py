"""The same answer for everybody: what sells, what rises, what newcomers take. They look at no history."""
