# bench/bench.mk - builds the benchmark driver; included by the top Makefile.

PG_CONFIG ?= pg_config
BENCH_DRIVER = bench/ashbench
BENCH_SOURCES = bench/ashbench.c bench/backend.c bench/case.c
BENCH_CFLAGS = -std=c99 -O2 -g -Wall -Wextra -Werror -I$(shell $(PG_CONFIG) --includedir)
BENCH_LDFLAGS = -L$(shell $(PG_CONFIG) --libdir)

.PHONY: bench-build bench-clean

bench-build: $(BENCH_DRIVER)

$(BENCH_DRIVER): $(BENCH_SOURCES) bench/ashbench.h bench/bench.mk
	$(CC) $(BENCH_CFLAGS) -o $@ $(BENCH_SOURCES) $(BENCH_LDFLAGS) -lpq

bench-clean:
	rm -f $(BENCH_DRIVER)
