// Run folders: creation, lock, resume, replacement and marks.
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "experiments/lab/manifest.h"
#include "experiments/lab/run_folder.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    TemporaryFolder temporary;
    std::int64_t p = 97;
    std::int64_t pause = 0;
    Options options;
    RunRequest request;

    Fixture() {
        options.add("p", p, "modulus");
        options.add("pause", pause, "pause").neutral();
        request = {.program = "fake", .recipe = "quick", .seed = 4, .root = temporary / "runs"};
        request.time = "20260301-120000";
    }

    std::string out(const std::string& name) {
        request.out = temporary / name;
        return request.out.string();
    }
    std::string open() {
        return refusal([&] { RunFolder folder(request, options); });
    }
};

}  // namespace

TEST_CASE("the default folder is named after time, recipe, seed and settings") {
    Fixture f;
    const RunFolder first(f.request, f.options);
    const RunFolder second(f.request, f.options);
    const std::string name =
        "20260301-120000-quick-s4-" + settings_hash("fake", f.options).substr(0, 8);
    CHECK(first.path() == f.temporary / "runs" / "fake" / name);
    CHECK(second.path() == f.temporary / "runs" / "fake" / (name + "-2"));
    CHECK(slurp(first.path() / "config.toml") == "p = 97\npause = 0\n");
    CHECK_FALSE(first.is_resumed());
}

TEST_CASE("settings that change results change the hash, others do not") {
    Fixture f;
    const std::string hash = settings_hash("fake", f.options);
    CHECK(hash.size() == 64);
    f.pause = 3;
    CHECK(settings_hash("fake", f.options) == hash);
    f.p = 11;
    CHECK(settings_hash("fake", f.options) != hash);
    CHECK(settings_hash("other", f.options) != settings_hash("fake", f.options));
}

TEST_CASE("a folder is refused while another run is in it, and free afterwards") {
    Fixture f;
    const std::string path = f.out("a");
    {
        const RunFolder folder(f.request, f.options);
        f.request.force = true;
        CHECK(f.open() == path +
                              ": another run is writing here | wait until it ends, or choose "
                              "another folder with --out DIR");
    }
    CHECK(f.open() == "accepted");
}

TEST_CASE("folders with a run are refused with the remedy") {
    Fixture f;
    const std::string path = f.out("a");
    CHECK(f.open() == "accepted");
    CHECK(f.open() == path +
                          ": holds an unfinished run | --resume goes on with it, --force "
                          "starts anew");
    spit(f.request.out / "FAILED", "diverged\n");
    CHECK(f.open() ==
          path + ": holds a failed run | --resume goes on with it, --force starts anew");
    fs::remove(f.request.out / "FAILED");
    spit(f.request.out / "DONE", "");
    CHECK(f.open() == path +
                          ": holds a finished run | --force replaces it, --out DIR chooses "
                          "another folder");
    f.request.resume = true;
    CHECK(f.open() == path +
                          ": the run is finished, nothing is left to resume | --force repeats "
                          "it, --out DIR chooses another folder");
}

TEST_CASE("a folder with other things is never a run folder, an empty one is welcome") {
    Fixture f;
    const std::string path = f.out("a");
    fs::create_directory(f.request.out);
    spit(f.request.out / "thesis.tex", "years of work");
    f.request.force = true;
    CHECK(f.open() ==
          path + ": is not empty and holds no run | choose a new folder with --out DIR");
    CHECK(slurp(f.request.out / "thesis.tex") == "years of work");
    fs::remove(f.request.out / "thesis.tex");
    CHECK(f.open() == "accepted");
}

TEST_CASE("--force removes what a run wrote and nothing else") {
    const char* const own[] = {"metrics.tsv",
                               "figures/loss.svg",
                               "figures/loss.tsv",
                               "figures/loss.gp",
                               "checkpoints/depth1/metrics.tsv",
                               "checkpoints/depth1/step-00000005.safetensors",
                               "checkpoints/depth1/curvature-00000005.safetensors",
                               "report.html",
                               "data.safetensors",
                               "data-seed3.safetensors",
                               "DONE",
                               "ablate/metrics.tsv",
                               "ablate/report.html",
                               "spectrum-hessian/own.tsv",
                               "spectrum-hessian/figures/d.png",
                               "spectrum-hessian/files.txt"};
    const char* const others[] = {"notes.txt",
                                  "my.tsv",
                                  "data-mine.safetensors",
                                  "summary.json",
                                  "figures/mine.png",
                                  "figures/mine.tsv",
                                  "figures/mine.gp",
                                  "figures/loss.ai",
                                  "checkpoints/my.tsv",
                                  "checkpoints/depth1/best.safetensors",
                                  "checkpoints/step-x.safetensors",
                                  "mine/metrics.tsv",
                                  "ablate/mine.txt",
                                  "ablate/my.tsv",
                                  "spectrum-hessian/my.tsv",
                                  "spectrum-hessian/figures/mine.png",
                                  "my.particles.tsv",
                                  "thesis.part2"};
    Fixture f;
    f.out("a");
    f.request.tables = {"metrics.tsv"};
    {
        RunFolder folder(f.request, f.options);
        Manifest manifest;
        manifest.start({.program = "fake"}, folder.file("manifest.json"), false);
        for (const char* name : own) spit(folder.file(name), "x");
        for (const char* name : others) spit(folder.file(name), "x");
        spit(folder.file("figures/loss.gp"), "# Draws loss.svg and .png from loss.tsv:\n");
        spit(folder.file("figures/mine.gp"), "# my own drawing\n");
        spit(folder.file("spectrum-hessian/files.txt"), "own.tsv\nfigures/d.png\nfiles.txt\n");
        manifest.write("done", "", {});  // which lists what others have put there as well
    }
    f.request.force = true;
    const RunFolder folder(f.request, f.options);
    for (const char* name : own) CHECK_MESSAGE(!fs::exists(folder.path() / name), name);
    for (const char* name : others) CHECK_MESSAGE(fs::exists(folder.path() / name), name);
    CHECK_FALSE(fs::exists(folder.path() / "manifest.json"));
    CHECK(fs::exists(folder.path() / "config.toml"));
}

TEST_CASE("a run without its manifest is taken up again, and replaced") {
    Fixture f;
    const std::string path = f.out("a");
    const auto lose_manifest = [&] {
        const RunFolder folder(f.request, f.options);
        spit(folder.checkpoint("depth1", 5), "x");
        spit(folder.file("metrics.tsv"), "step\n");
        spit(folder.file("my.tsv"), "mine");
    };
    lose_manifest();
    CHECK(f.open() == path +
                          ": holds an unfinished run | --resume goes on with it, --force starts "
                          "anew");
    f.request.resume = true;
    CHECK(f.open() == "accepted");
    f.request.resume = false;
    f.request.force = true;
    CHECK(f.open() == "accepted");
    CHECK(slurp(f.request.out / "my.tsv") == "mine");
    CHECK_FALSE(fs::exists(f.request.out / "checkpoints"));
}

TEST_CASE("a config.toml of something else makes no run folder, and is not replaced") {
    Fixture f;
    const std::string path = f.out("a");
    fs::create_directory(f.request.out);
    spit(f.request.out / "config.toml", "title = \"my site\"\n");
    f.request.force = true;
    CHECK(contains(f.open(), "is not empty and holds no run"));
    CHECK(slurp(f.request.out / "config.toml") == "title = \"my site\"\n");
}

TEST_CASE("advice to resume is given only where it can be followed") {
    Fixture f;
    const std::string path = f.out("a");
    {
        const RunFolder folder(f.request, f.options);
        Manifest manifest;
        manifest.start({.program = "fake"}, folder.file("manifest.json"), false);
        manifest.write("started", "", {});
    }
    fs::remove(f.request.out / "config.toml");
    CHECK(f.open() == path + ": holds an unfinished run | --force starts anew");
    f.request.resume = true;
    CHECK(contains(f.open(), path + ": holds no config.toml"));
    CHECK(contains(f.open(), "--force in place of --resume starts anew"));
    f.request.resume = false;
    f.request.force = true;
    CHECK(f.open() == "accepted");
}

TEST_CASE("what killed writes have left goes at the next start, and is no file of the run") {
    Fixture f;
    f.out("a");
    const pid_t gone = ::fork();
    if (gone == 0) ::_exit(0);
    ::waitpid(gone, nullptr, 0);
    const std::string part = ".part" + std::to_string(gone);
    {
        const RunFolder folder(f.request, f.options);
        spit(folder.path() / ("manifest.json" + part), "{");
        spit(folder.path() / ("thesis.tex" + part), "mine");
        spit(folder.checkpoint("a", 5).string() + part, "x");
    }
    f.request.resume = true;
    const RunFolder folder(f.request, f.options);
    CHECK(folder.checkpoints("a").empty());
    CHECK_FALSE(fs::exists(folder.path() / ("manifest.json" + part)));
    CHECK_FALSE(fs::exists(folder.checkpoint("a", 5).string() + part));
    CHECK(slurp(folder.path() / ("thesis.tex" + part)) == "mine");
}

TEST_CASE("a resumed run needs the same settings, except neutral ones") {
    Fixture f;
    const std::string path = f.out("a");
    f.request.resume = true;
    CHECK(f.open() == path + ": holds no run to resume | leave out --resume to start one");
    f.request.resume = false;
    CHECK(f.open() == "accepted");
    f.request.resume = true;
    f.p = 11;
    CHECK(f.open().find("started with other settings: p was 97 and is now 11") !=
          std::string::npos);
    f.p = 97;
    f.pause = 5;
    spit(f.request.out / "FAILED", "no room\n");
    const RunFolder folder(f.request, f.options);
    CHECK(folder.is_resumed());
    CHECK_FALSE(fs::exists(folder.path() / "FAILED"));
}

TEST_CASE("--resume alone finds the newest unfinished run with the same settings") {
    Fixture f;
    f.request.resume = true;
    CHECK(f.open() == "--resume: no unfinished run with these settings below " +
                          (f.temporary / "runs/fake").string() +
                          " | leave out --resume to start one, or name its folder with --out DIR");
    f.request.resume = false;
    fs::path newest;
    for (const char* time : {"20260302-000000", "20260303-000000", "20260301-000000"}) {
        f.request.time = time;
        const RunFolder folder(f.request, f.options);
        if (f.request.time == "20260303-000000") newest = folder.path();
    }
    f.request.time = "20260304-000000";
    RunFolder(f.request, f.options).mark_done();
    f.p = 11;
    f.request.time = "20260305-000000";
    { const RunFolder other(f.request, f.options); }
    f.p = 97;
    CHECK(find_unfinished(f.request, f.options) == newest);
    f.request.resume = true;
    CHECK(RunFolder(f.request, f.options).path() == newest);
}

TEST_CASE("checkpoints are listed newest first, other files are passed over") {
    Fixture f;
    const RunFolder folder(f.request, f.options);
    CHECK(folder.checkpoints("").empty());
    for (std::int64_t step : {0, 500, 123456789}) spit(folder.checkpoint("a", step), "");
    spit(folder.task_file("a", "step-x.safetensors"), "");
    spit(folder.task_file("a", "step-00000001.safetensors.part12"), "");
    const std::vector<Checkpoint> found = folder.checkpoints("a");
    REQUIRE(found.size() == 3);
    CHECK(found[0].step == 123456789);
    CHECK(found[1].step == 500);
    CHECK(found[2].path.filename() == "step-00000000.safetensors");
    CHECK(folder.checkpoint("", 7) == folder.path() / "checkpoints/step-00000007.safetensors");
    CHECK_THROWS_AS(folder.task_file("../a", "x"), std::invalid_argument);
}

TEST_CASE("a run ends with one mark") {
    Fixture f;
    const RunFolder folder(f.request, f.options);
    folder.mark_failed("the loss is nan");
    CHECK(slurp(folder.path() / "FAILED") == "the loss is nan\n");
    folder.mark_done();
    CHECK_FALSE(fs::exists(folder.path() / "FAILED"));
    CHECK(fs::exists(folder.path() / "DONE"));
}
