# Short ways to the things one does with this library. Each installs what it
# needs on Debian, and names the packages elsewhere.

PREFIX = /usr/local
TREE =
SUITE =
ALSO_ON =

C_ONLY = -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled -Dtests=false

help:
	@echo "make demo      hash a directory tree by threads and by processes; TREE=/some/dir chooses it"
	@echo "make check     build with gcc, clang and the sanitizers, and run every test"
	@echo "make check-on SUITE=trixie   the same, from a fresh clone on another Debian: sid, bookworm-i386, bookworm-user; as root"
	@echo "make bench     measure, beside GThreadPool and GTask"
	@echo "make docs      build the manual, and check it for gaps and broken links"
	@echo "make dist      make the tarball of a release, and build and test what is in it"
	@echo "make abi-baseline   write down the ABI that the tests compare with, see tests/checks/check-abi.py"
	@echo "make install   install the library and its bindings below PREFIX ($(PREFIX))"
	@echo "make clean     remove what was built"

demo: build/release/build.ninja
	@ninja -C build/release docs/examples/c/hash-tree
	@build/release/docs/examples/c/hash-tree $(TREE) || [ $$? = 1 ] # 1: some files could not be read

bench: build/release/build.ninja
	@ninja -C build/release tests/benchmarks/gfutures-benchmark
	@build/release/tests/benchmarks/gfutures-benchmark

check: tools
	@.ci/check $(ALSO_ON)

tools:
	@.ci/need c cxx clang san prof gir vala python gjs types docs gtk 'abi?' 'runner?'

check-on:
	@.ci/check-on $(SUITE)

docs: build/docs/build.ninja
	@tests/checks/check-manual.py build/docs; status=$$?; manual=build/docs/docs/reference/html/index.html; \
	  [ ! -f $$manual ] || echo "The manual: file://$(CURDIR)/$$manual"; exit $$status

dist: build/dist/build.ninja
	@meson dist -C build/dist

abi-baseline: build/abi/build.ninja
	@ninja -C build/abi abi-baseline

install: build/install/build.ninja
	@ninja -C build/install
	@meson install -C build/install --no-rebuild

build/release/build.ninja:
	@.ci/need c
	@meson setup build/release --buildtype=release $(C_ONLY) -Dbenchmarks=true -Dexamples=true

build/docs/build.ninja:
	@.ci/need c docs
	@meson setup build/docs $(C_ONLY) -Ddocs=enabled

build/dist/build.ninja:
	@.ci/need c gir vala python gjs
	@meson setup build/dist

build/abi/build.ninja:
	@.ci/need c abi
	@meson setup build/abi -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled

build/install/build.ninja:
	@.ci/need c gir vala
	@meson setup build/install --prefix=$(PREFIX) --buildtype=debugoptimized -Dtests=false

clean:
	@rm -rf build

.PHONY: help demo check check-on tools bench docs dist abi-baseline install clean
