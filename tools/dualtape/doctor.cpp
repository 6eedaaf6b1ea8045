// dualtape doctor: is this build sound on this machine?

#include <filesystem>
#include <iostream>

#include "engine/core/parallel.h"
#include "experiments/lab/figure.h"
#include "experiments/lab/files.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/table.h"
#include "tools/dualtape/examination.h"
#include "tools/dualtape/signature.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;

struct DoctorSettings {
    std::string folder = ".";
};

// Prints one line per check and counts those that failed.
class Record {
  public:
    void add(bool is_sound, const std::string& what, const std::string& detail) {
        std::cout << (is_sound ? "ok      " : "FAILED  ") << what
                  << (detail.empty() ? "" : ": " + detail) << std::endl;
        failed_ += is_sound ? 0 : 1;
    }
    void add(const std::vector<Finding>& findings) {
        for (const Finding& finding : findings) {
            const auto number = [](double value) {
                char text[32];
                std::snprintf(text, sizeof text, "%.3g", value);
                return std::string(text);
            };
            add(finding.is_sound(), finding.what,
                number(finding.measured) +
                    (finding.is_sound()
                         ? ""
                         : ", outside " + number(finding.low) + " to " + number(finding.high)));
        }
    }
    int failed() const { return failed_; }

  private:
    int failed_ = 0;
};

// A folder of this process below `parent`; removed with its content.
class ScratchFolder {
  public:
    explicit ScratchFolder(const fs::path& parent)
        : path(parent / (".dualtape-doctor-" + std::to_string(lab::steady_seconds()))) {
        lab::create_folder(path);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    fs::path path;
};

void examine_surroundings(const fs::path& folder, Record& record) {
    try {
        const ScratchFolder scratch(folder);
        lab::write_atomically(scratch.path / "file", std::string(1 << 20, 'x'));
        const double free = static_cast<double>(fs::space(folder).available) / 1e9;
        record.add(true, "disk",
                   std::to_string(static_cast<long>(free)) + " GB free in " +
                       fs::absolute(folder).lexically_normal().string());
        lab::Figure figure;
        figure.stem = "doctor";
        figure.title = "A line";
        figure.add_panel({.label = "y"})
            .series.push_back({.name = "y = x", .x = {0, 1}, .y = {0, 1}});
        const lab::DrawOutcome outcome = lab::draw(figure, scratch.path);
        record.add(outcome.is_drawn(), "gnuplot draws SVG and PNG",
                   outcome.is_drawn() ? "" : outcome.message + "; " + outcome.hint);
    } catch (const lab::InputError& error) {
        record.add(false, "disk", std::string(error.what()) + "; " + error.hint());
    }
}

int examine(const DoctorSettings& settings) {
    Record record;
    const lab::BuildInfo& build = lab::build_info();
    std::cout << "dualtape " << build.version << ", commit " << build.git_hash << ", "
              << build.compiler << ", preset " << build.preset << "\n"
              << lab::cpu_name() << ", " << resolve_threads(0) << " threads, Eigen " << build.eigen
              << "\n";
    record.add(examine_derivatives());
    record.add(examine_threads());
    examine_surroundings(settings.folder, record);

    const Signature found = signature(0);
    std::cout << "loss " << lab::format_number(found.loss) << ", gradient norm "
              << lab::format_number(found.gradient_norm) << ", lambda_max "
              << lab::format_number(found.lambda_max) << '\n';
    const bool is_fixed = build.preset == "repro";
    const bool is_known = !is_fixed || found.text() == kReproSignature;
    record.add(is_known, "signature",
               is_known
                   ? (is_fixed ? "as it should be in preset repro" : "differs by machine and build")
                   : "should be " + std::string(kReproSignature) + " in preset repro");
    if (record.failed() > 0) std::cout << record.failed() << " checks failed\n";
    std::cout << "signature " << found.text() << '\n';
    return record.failed() == 0 ? 0 : 1;
}

}  // namespace

Subcommand doctor() {
    const auto settings = std::make_shared<DoctorSettings>();
    Subcommand self{.name = "doctor",
                    .operands = "",
                    .purpose = "check derivatives, threads, gnuplot and disk; print a signature",
                    .least = 0,
                    .most = 0};
    self.options->add("folder", settings->folder, "where runs would be written").is_path();
    self.run = [settings](const std::vector<std::string>&) { return examine(*settings); };
    return self;
}

}  // namespace dualtape::tools
