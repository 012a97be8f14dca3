module example.com/brine

go 1.26.0
