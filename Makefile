# ferry: `make` builds build/ferry; `make help` lists the rest.
V ?= release
BUILD := build$(if $(filter-out release,$(V)),/$(V))
CC ?= gcc
CFLAGS_release := -O2 -g
CFLAGS_debug := -O0 -g
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DFY_SANITIZE
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS += -std=gnu11 $(CFLAGS_$(V)) $(WARN)
CPPFLAGS += -Isrc -Iinclude -I$(BUILD)/gen -MMD -MP -D_GNU_SOURCE
LDLIBS := -ldnnl -ljansson -lz -lm -lpthread -ldl

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)
LIBOBJ := $(filter-out $(BUILD)/obj/cli/%,$(OBJ))
CLIOBJ := $(filter $(BUILD)/obj/cli/%,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))

all: $(BUILD)/ferry ## build the program (default)

$(BUILD)/ferry: $(CLIOBJ) $(BUILD)/libferry.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/libferry.a: $(LIBOBJ)
	rm -f $@; ar rcs $@ $^
$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libferry.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(BUILD)/libferry.a -lcmocka $(LDLIBS)

unit: $(UNIT) ## run the unit tests
	@set -e; for t in $(UNIT); do $$t; done

clean: ## remove everything built
	rm -rf build
.PHONY: all unit clean
-include $(OBJ:.o=.d)
