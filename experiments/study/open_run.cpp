#include "experiments/study/open_run.h"

#include <algorithm>

#include "experiments/lab/errors.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/toml.h"

namespace dualtape::study {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

// The run folder that a checkpoint lies in: the nearest one above with a config.toml.
fs::path folder_above(const fs::path& file) {
    for (fs::path folder = fs::absolute(file).parent_path(); folder.has_relative_path();
         folder = folder.parent_path()) {
        if (fs::exists(folder / "config.toml")) return folder;
    }
    throw InputError(file.string(), "lies in no run folder, so its model is not known",
                     "give a checkpoint where the run has written it, below a config.toml");
}

// The experiment whose settings these are, all of them; "" when there is none. For a folder that
// has lost its manifest.
std::string program_of(const lab::toml::Document& settings) {
    for (const std::string& program : programs()) {
        const std::unique_ptr<Setup> setup = make_setup(program);
        lab::Options options;
        setup->add_options(options);
        const bool has_all =
            std::all_of(options.all().begin(), options.all().end(), [&](const lab::Option& option) {
                return settings.find(option.group(), option.key()) != nullptr;
            });
        if (has_all && settings.entries.size() == options.all().size()) return program;
    }
    return "";
}

}  // namespace

CheckpointChoice::CheckpointChoice(const std::string& word) : last_(0) {
    std::int64_t count = 1;
    const bool is_word = word == "all" || word == "last";
    if (!is_word && (!lab::toml::read_integer(word, count) || count < 1)) {
        throw InputError("--checkpoints " + word, "is no choice of checkpoints",
                         "write all, last, or how many of the last ones");
    }
    last_ = word == "all" ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(count);
}

std::vector<lab::Checkpoint> CheckpointChoice::apply(std::vector<lab::Checkpoint> all) const {
    const std::size_t count = std::min(last_, all.size());
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
    return all;
}

OpenedRun::OpenedRun(const fs::path& place) {
    if (!fs::exists(place)) {
        throw InputError(place.string(), "there is no such file or folder",
                         "give a run folder or a checkpoint of one");
    }
    if (fs::is_directory(place)) {
        folder_ = place;
    } else {
        checkpoint_ = fs::absolute(place);
        folder_ = folder_above(place);
    }
    const fs::path config = folder_ / "config.toml";
    if (!fs::exists(config)) {
        throw InputError(place.string(), "is no run folder: config.toml is missing",
                         "give the folder that an experiment has written");
    }
    const lab::toml::Document settings = lab::toml::read(config);
    program_ = lab::manifest_facts(folder_ / "manifest.json").program;
    if (program_.empty()) program_ = program_of(settings);
    if (program_.empty()) {
        throw InputError((folder_ / "manifest.json").string(),
                         "is missing or no manifest, and config.toml is that of no experiment",
                         "give the folder that an experiment has written");
    }
    setup_ = make_setup(program_);
    setup_->add_options(options_);
    options_.assign(settings, config.string());
    options_.run_checks();
}

std::vector<TrainedNetwork> OpenedRun::trained(const CheckpointChoice& choice) const {
    std::vector<TrainedNetwork> all;
    for (const Training& training : setup_->trainings()) {
        std::vector<lab::Checkpoint> found = lab::list_checkpoints(folder_, training.name);
        std::reverse(found.begin(), found.end());
        if (is_single()) {
            std::erase_if(found, [&](const lab::Checkpoint& checkpoint) {
                return !fs::equivalent(checkpoint.path, checkpoint_);
            });
        } else {
            found = choice.apply(std::move(found));
        }
        if (!found.empty()) all.push_back({training, std::move(found)});
    }
    if (!all.empty()) return all;
    throw InputError(is_single() ? checkpoint_.string() : folder_.string(),
                     is_single() ? "is no checkpoint of a training of " + folder_.string()
                                 : "holds no checkpoint yet",
                     is_single()
                         ? "checkpoints are called checkpoints/<training>/step-N.safetensors"
                         : "let the run reach its first visit");
}

Vec<double> read_theta(const lab::TensorFile& file,
                       const std::vector<models::ParameterInfo>& parameters) {
    Vec<double> theta(0);
    for (const models::ParameterInfo& parameter : parameters) {
        const lab::Dtype dtype = file.tensor(parameter.name).dtype;
        if (dtype != lab::Dtype::f32 && dtype != lab::Dtype::f64) {
            throw InputError(file.where, parameter.name + " holds whole numbers",
                             "store it as F32 or F64");
        }
        const Vec<double> values =
            dtype == lab::Dtype::f32
                ? Vec<double>(lab::read_parameters<float>(file, {parameter}).cast<double>())
                : lab::read_parameters<double>(file, {parameter});
        if (!values.allFinite()) {
            throw InputError(file.where, parameter.name + " holds numbers that are not finite",
                             "give a file of finite numbers");
        }
        theta.conservativeResize(theta.size() + values.size());
        theta.tail(values.size()) = values;
    }
    return theta;
}

Vec<double> read_theta(const lab::Checkpoint& checkpoint,
                       const std::vector<models::ParameterInfo>& parameters) {
    const lab::TensorFile file = lab::read_tensors(checkpoint.path);
    const auto step = file.metadata.find("step");
    if (step != file.metadata.end() && step->second != std::to_string(checkpoint.step)) {
        throw InputError(file.where,
                         "is the checkpoint of step " + step->second + " under another name",
                         "give it the name of its step, or leave it out");
    }
    return read_theta(file, parameters);
}

}  // namespace dualtape::study
