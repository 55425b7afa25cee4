# sharpcast: what people run. `make demo` and `make test` install what is missing first (scripts/setup).
export CARGO_BUILD_JOBS ?= 2

.PHONY: demo test package setup build bench latency passthrough uplink endurance evaluate evaluate-training pretrain clean

demo: build          ## the whole idea, live, on real footage; DEMO_SECONDS=N ends by itself
	@python3 scripts/demo.py

test: build          ## every check: format, lints, docs, unit tests, real programs against real peers
	@scripts/test

package: build       ## a Debian package of the server: target/package/sharpcast_VERSION_ARCH.deb
	@scripts/package

setup:               ## Debian packages, libtorch, hls.js, sample footage; GPU=1 adds the CUDA libraries
	@scripts/setup

build: setup
	@cargo build --release --workspace --bins

bench: setup         ## speed of the parts (criterion); results go to target/criterion
	@cargo bench --workspace

latency: build       ## publisher's frame to playlist, p50 and p95
	@cargo run --release -q -p sharpcast-benches --bin latency

passthrough: build   ## processor time of passing streams through, beside nginx-rtmp
	@cargo run --release -q -p sharpcast-benches --bin passthrough

uplink: build        ## do uploads disturb the video? delay of pictures on a thin uplink, with and without them
	@cargo run --release -q -p sharpcast-benches --bin uplink

endurance: build     ## an hour of streaming, accelerated: does memory grow? FOOTAGE=file: at real speed, by the streamer, which trains
	@cargo run --release -q -p sharpcast-benches --bin endurance -- $(if $(FOOTAGE),--footage $(FOOTAGE))

evaluate: setup      ## what a viewer gets, against OBS alone: DATA=folder of clips, OUT=report.md, ARGUMENTS=more (--help lists them)
	@test -d "$(DATA)" || { echo "evaluate: name a folder of .mp4 clips: make evaluate DATA=folder" >&2; exit 2; }
	@cargo run --release -q -p sharpcast-benches --bin evaluate -- --data $(DATA) --out $(or $(OUT),target/quality.md) $(ARGUMENTS)

evaluate-training: setup   ## one-time, continuous and adaptive training: DATA=folder of clips, OUT=report.md, PRESET=nano, BITRATE=400k
	@test -d "$(DATA)" || { echo "evaluate-training: name a folder of .mp4 clips: make evaluate-training DATA=folder" >&2; exit 2; }
	@OMP_NUM_THREADS=1 cargo run --release -q -p sharpcast-benches --bin evaluate-training -- --data $(DATA) \
	  --out $(or $(OUT),target/training.md) $(if $(PRESET),--preset $(PRESET)) $(if $(BITRATE),--bitrate $(BITRATE))

# A net that is there is kept, and one that was interrupted goes on: the same command finishes what it began.
pretrain: OUT := $(or $(OUT),target/stock)
pretrain: export OMP_NUM_THREADS ?= 1
pretrain: setup      ## the stock weights anew: PRESETS="nano mini small", STEPS=each, DEVICE=auto, DATA=more clips, OUT=folder
	@models/weights/make-photo-clips $(OUT)/photos
	@models/weights/make-video-clips $(OUT)/videos
	@DATA="$(DATA)" PRESETS="$(PRESETS)" STEPS=$(STEPS) DEVICE=$(DEVICE) models/weights/make-nets $(OUT)

clean:
	@cargo clean
