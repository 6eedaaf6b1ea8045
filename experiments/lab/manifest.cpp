#include "experiments/lab/manifest.h"

#include <sys/resource.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include <algorithm>
#include <cmath>
#include <ctime>
#include <exception>
#include <fstream>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "engine/core/git_info.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/json.h"
#include "experiments/lab/log.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/sha256.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kSchema = 1;
constexpr const char* kFormat = "dualtape run";

Json number(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;
}

Json object(const std::vector<std::pair<std::string, double>>& pairs) {
    Json json = Json::object();
    for (const auto& [name, value] : pairs) json[name] = number(value);
    return json;
}

// Adds the pair, or replaces the value of an earlier one with this name.
void put(std::vector<std::pair<std::string, double>>& pairs, std::string name, double value) {
    for (auto& [known, old] : pairs) {
        if (known != name) continue;
        old = value;
        return;
    }
    pairs.emplace_back(std::move(name), value);
}

// A null for anything that is not a manifest of ours.
Json read_manifest(const fs::path& path) {
    try {
        const std::string text = read_file(path);
        // A byte 0 would end the text for the parser.
        if (text.find('\0') != text.npos) return nullptr;
        Json json = Json::parse(text);
        if (json.is_object() && json.value("format", "") == kFormat) return json;
    } catch (const std::exception&) {
    }
    return nullptr;
}

// Files that change after the manifest is written, and what a killed process left behind.
bool is_listed(const std::string& name) {
    for (const char* other : {"manifest.json", "log.txt", "report.html", "DONE", "FAILED"})
        if (name == other) return false;
    return partial_of(name).empty();
}

void write_manifest(const fs::path& path, const Json& json) {
    // Arguments need not be UTF-8: bytes that are not become U+FFFD.
    write_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json list_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    Json json = Json::array();
    for (const fs::path& file : files) {
        const std::string name = file.lexically_relative(folder).generic_string();
        if (is_listed(name))
            json.push_back(
                {{"name", name}, {"bytes", fs::file_size(file)}, {"sha256", sha256_of_file(file)}});
    }
    return json;
}

}  // namespace

void Manifest::add_stream(std::string name) {
    if (std::find(streams_.begin(), streams_.end(), name) == streams_.end())
        streams_.push_back(std::move(name));
}

void Manifest::add_parameters(std::string model, std::int64_t count) {
    parameters_.emplace_back(std::move(model), count);
}

void Manifest::add_dataset(std::string name, std::int64_t samples, std::string fingerprint) {
    datasets_.push_back({std::move(name), samples, std::move(fingerprint)});
}

void Manifest::add_number(FinalNumber number) {
    const auto has_name = [&](const FinalNumber& known) { return known.name == number.name; };
    const auto known = std::find_if(numbers_.begin(), numbers_.end(), has_name);
    if (known != numbers_.end())
        *known = std::move(number);
    else
        numbers_.push_back(std::move(number));
}

void Manifest::add_counter(std::string name, double value) {
    put(counters_, std::move(name), value);
}

void Manifest::add_resolved(std::string setting, double value) {
    put(resolved_, std::move(setting), value);
}

void Manifest::start(Request request, const fs::path& path, bool is_resumed) {
    request_ = std::move(request);
    path_ = path;
    start_utc_ = utc_now();
    start_seconds_ = steady_seconds();
    const Json earlier = is_resumed ? read_manifest(path) : Json();
    if (earlier.is_null()) return;
    // A run resumed from its folder alone is still the run of its recipe.
    if (earlier.contains("recipe") && earlier["recipe"].is_string())
        request_.recipe = earlier["recipe"];
    Json parts = earlier.value("earlier_parts", Json::array());
    if (!parts.is_array()) parts = Json::array();
    Json part = Json::object();
    for (const char* key : {"argv", "status", "start", "end", "wall_seconds", "cpu_seconds",
                            "git_hash", "git_dirty", "threads"})
        if (earlier.contains(key)) part[key] = earlier[key];
    parts.push_back(std::move(part));
    earlier_parts_ = parts.dump();
}

void Manifest::write(const std::string& status, const std::string& reason,
                     const std::vector<std::string>& warnings) {
    const BuildInfo& build = build_info();
    const bool has_ended = status != "started";
    Json json = {
        {"format", kFormat},
        {"schema", kSchema},
        {"program", request_.program},
        {"question", request_.question},
        {"recipe", request_.recipe},
        {"settings_hash", request_.settings_hash},
        {"status", status},
        {"reason", reason},
        {"argv", request_.argv},
        {"process", ::getpid()},
        {"seed", request_.seed},
        {"streams", streams_},
        {"version", build.version},
        {"git_hash", build.git_hash},
        {"git_dirty", build.is_dirty},
        {"compiler", build.compiler},
        {"flags", build.flags},
        {"preset", build.preset},
        {"eigen", build.eigen},
        {"cpu", cpu_name()},
        {"threads", request_.threads},
        {"scalar", request_.scalar},
        {"start", start_utc_},
        {"end", has_ended ? utc_now() : ""},
        {"wall_seconds", number(steady_seconds() - start_seconds_)},
        {"cpu_seconds", number(cpu_seconds())},
        {"peak_memory_bytes", peak_memory_bytes()},
        {"earlier_parts", Json::parse(earlier_parts_)},
        {"resolved", object(resolved_)},
        {"counters", object(counters_)},
        {"parameters", Json::object()},
        {"datasets", Json::array()},
        {"numbers", Json::array()},
        {"warnings", warnings},
        {"files", has_ended ? list_files(path_.parent_path()) : Json::array()},
    };
    for (const auto& [model, count] : parameters_) json["parameters"][model] = count;
    for (const Dataset& dataset : datasets_)
        json["datasets"].push_back({{"name", dataset.name},
                                    {"samples", dataset.samples},
                                    {"fingerprint", dataset.fingerprint}});
    for (const FinalNumber& final : numbers_)
        json["numbers"].push_back({{"name", final.name},
                                   {"value", number(final.value)},
                                   {"low", number(final.low)},
                                   {"high", number(final.high)},
                                   {"unit", final.unit},
                                   {"spread", final.spread}});
    write_manifest(path_, json);
}

const BuildInfo& build_info() {
    static const BuildInfo info = {
        .version = DUALTAPE_VERSION,
        .git_hash = kGitHash,
#if defined(__clang__)
        .compiler = "clang " __clang_version__,
#else
        .compiler = "g++ " __VERSION__,
#endif
        .flags = DUALTAPE_FLAGS,
        .preset = DUALTAPE_PRESET,
        .eigen = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
                 "." + std::to_string(EIGEN_MINOR_VERSION),
        .is_dirty = kIsGitDirty,
    };
    return info;
}

std::string cpu_name() {
#ifdef __APPLE__
    char name[256] = "";
    std::size_t size = sizeof name;
    if (::sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0) == 0) return name;
#else
    std::ifstream cpus("/proc/cpuinfo");
    for (std::string line; std::getline(cpus, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos)
            return line.substr(colon + 2);
    }
#endif
    return "unknown";
}

double cpu_seconds() {
    timespec time = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::int64_t peak_memory_bytes() {
    rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return usage.ru_maxrss;
#else
    return usage.ru_maxrss * std::int64_t{1024};
#endif
}

std::int64_t manifest_process(const fs::path& path) {
    const Json json = read_manifest(path);
    if (json.is_null() || !json.contains("process") || !json["process"].is_number_integer())
        return 0;
    return json["process"];
}

bool is_manifest(const fs::path& path) { return !read_manifest(path).is_null(); }

ManifestFacts manifest_facts(const fs::path& path) {
    const Json json = read_manifest(path);
    const auto text = [&](const char* key) {
        const bool is_text = json.is_object() && json.contains(key) && json[key].is_string();
        return is_text ? json[key].get<std::string>() : std::string();
    };
    const bool is_dirty = json.is_object() && json.value("git_dirty", Json()) == true;
    return {text("program"), text("recipe"),   text("status"), text("reason"),
            text("version"), text("git_hash"), is_dirty};
}

std::vector<std::string> changed_files(const fs::path& path) {
    const Json json = read_manifest(path);
    if (json.is_null()) {
        return {path.string() +
                " is missing or no manifest: nothing tells whether the tables are "
                "whole"};
    }
    std::vector<std::string> sentences;
    for (const Json& file : json.value("files", Json::array())) {
        if (!file.is_object()) continue;
        const std::string name = file.value("name", "");
        if (name.empty() || name.find('/') != std::string::npos) continue;
        const fs::path own = path.parent_path() / name;
        if (!fs::is_regular_file(own)) {
            sentences.push_back(name + ", which the run wrote, is missing");
            continue;
        }
        const auto then = file.value("bytes", std::uintmax_t{0}), now = fs::file_size(own);
        if (then == now && file.value("sha256", "") == sha256_of_file(own)) continue;
        sentences.push_back(name + " was changed after the run: " + std::to_string(then) +
                            " bytes then, " + std::to_string(now) + " now");
    }
    return sentences;
}

void refresh_files(const fs::path& path) {
    Json json = read_manifest(path);
    if (json.is_null()) {
        throw InputError(path.string(), "is no manifest", "give the folder of a run");
    }
    const auto is_figure = [](const Json& file) {
        return file.is_object() && file.value("name", "").starts_with("figures/");
    };
    Json files = Json::array();
    for (const Json& file : json.value("files", Json::array())) {
        if (!is_figure(file)) files.push_back(file);
    }
    for (const Json& file : list_files(path.parent_path())) {
        if (is_figure(file)) files.push_back(file);
    }
    std::sort(files.begin(), files.end(), [](const Json& a, const Json& b) {
        return fs::path(a.value("name", "")) < fs::path(b.value("name", ""));
    });
    json["files"] = std::move(files);
    write_manifest(path, json);
}

std::vector<FinalNumber> manifest_numbers(const fs::path& path) {
    std::vector<FinalNumber> numbers;
    const Json json = read_manifest(path);
    if (!json.is_object() || !json.contains("numbers") || !json["numbers"].is_array()) {
        return numbers;
    }
    for (const Json& item : json["numbers"]) {
        if (!item.is_object()) continue;
        const auto real = [&](const char* key) {
            const Json value = item.value(key, Json());
            if (value.is_number()) return value.get<double>();
            if (value == "inf") return HUGE_VAL;
            return value == "-inf" ? -HUGE_VAL : std::nan("");
        };
        const auto text = [&](const char* key) {
            const Json value = item.value(key, Json());
            return value.is_string() ? value.get<std::string>() : std::string();
        };
        numbers.push_back(
            {text("name"), real("value"), real("low"), real("high"), text("unit"), text("spread")});
    }
    return numbers;
}

}  // namespace dualtape::lab
