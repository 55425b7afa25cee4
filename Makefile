# sharpcast: what people run. `make demo` and `make test` install what is missing first (scripts/setup).
export CARGO_BUILD_JOBS ?= 2

.PHONY: demo test setup build bench latency endurance evaluate pretrain clean

demo: build          ## the whole idea, live, on real footage; DEMO_SECONDS=N ends by itself
	@python3 scripts/demo.py

test: build          ## every check: format, lints, docs, unit tests, real programs against real peers
	@scripts/test

setup:               ## Debian packages, libtorch, hls.js, sample footage; GPU=1 adds the CUDA libraries
	@scripts/setup

build: setup
	@cargo build --release --workspace --bins

bench: setup         ## speed of the parts (criterion); results go to target/criterion
	@cargo bench --workspace

latency: build       ## publisher's frame to playlist, p50 and p95
	@cargo run --release -q -p sharpcast-benches --bin latency

endurance: build     ## an hour of streaming, accelerated: does memory grow?
	@cargo run --release -q -p sharpcast-benches --bin endurance

evaluate: setup      ## picture quality of every method against direct coding: DATA=folder of clips, OUT=report.md, CROPS=folder for pictures
	@test -d "$(DATA)" || { echo "evaluate: name a folder of .mp4 clips: make evaluate DATA=folder" >&2; exit 2; }
	@scripts/setup-vmaf || echo "evaluate: goes on without VMAF" >&2
	@cargo run --release -q -p sharpcast-benches --bin evaluate -- --data $(DATA) --out $(or $(OUT),target/quality.md) \
	  $(if $(CROPS),--crops $(CROPS))

pretrain: setup      ## the stock weights anew: DATA=folder of clips to train on, SECONDS=each, OUT=folder
	@test -d "$(DATA)" || { echo "pretrain: name a folder of .mp4 clips: make pretrain DATA=folder" >&2; exit 2; }
	@models/weights/make-photo-clips $(or $(OUT),target/stock)/photos
	@for preset in nano mini small; do cargo run --release -q -p sharpcast-models --example pretrain -- train \
	  --preset $$preset --device $(or $(DEVICE),auto) --seconds $(or $(SECONDS),1200) --data $(DATA) \
	  --data $(or $(OUT),target/stock)/photos --out $(or $(OUT),target/stock)/f-edsr-$$preset-x2.safetensors || exit 1; done

clean:
	@cargo clean
