// dualtape hvp: an exact Hessian-vector product at a checkpoint, from a file into a file.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "engine/curvature/point_operator.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/table.h"
#include "experiments/lab/threads.h"
#include "experiments/study/open_run.h"
#include "tools/dualtape/output_file.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

struct HvpSettings {
    std::string vector, output, precision = "double", part = "train";
    std::int64_t threads = 0;
    bool force = false;
};

// The vector by parameter name. A checkpoint may serve as one: its optimiser is passed over.
Vec<double> read_vector(const std::string& path,
                        const std::vector<models::ParameterInfo>& parameters) {
    std::vector<std::string> names;
    std::int64_t size = 0;
    for (const models::ParameterInfo& parameter : parameters) {
        names.push_back(parameter.name);
        size += parameter.rows * parameter.cols;
    }
    // A checkpoint holds three numbers a parameter, of 8 bytes at most, and a header of 1 MB.
    const lab::TensorFile file = lab::read_tensors(path, (1 << 21) + 64 * size);
    for (const lab::Tensor& tensor : file.tensors()) {
        const bool is_known = std::find(names.begin(), names.end(), tensor.name) != names.end();
        if (is_known || tensor.name.starts_with("optimiser.")) continue;
        const std::string nearest = lab::nearest_word(tensor.name, names);
        throw InputError(path, "the model has no parameter " + tensor.name,
                         nearest.empty() ? "its parameters are " + lab::join(names)
                                         : "did you mean " + nearest + "?");
    }
    return study::read_theta(file, parameters);
}

template <class Scalar>
void add_named(lab::TensorFile& file, const std::string& prefix,
               std::vector<models::ParameterInfo> parameters, In<Vec<Scalar>> values) {
    for (models::ParameterInfo& parameter : parameters) parameter.name = prefix + parameter.name;
    lab::add_parameters<Scalar>(file, parameters, values);
}

// The same numbers in the scalar of the computation. Throws when they do not fit.
template <class Scalar>
Vec<Scalar> narrow(const Vec<double>& values, const std::string& where) {
    const Vec<Scalar> narrowed = values.cast<Scalar>();
    if (narrowed.allFinite()) return narrowed;
    throw InputError(where, "holds numbers that are too large for --precision float",
                     "use --precision double");
}

// Throws when an overflow has left the numbers that a float or a double can hold.
void check_finite(bool is_finite, const std::string& what, const std::string& remedy) {
    if (is_finite) return;
    throw InputError("", what + " is not finite: it exceeds the largest number of --precision",
                     remedy, InputError::Kind::run);
}

template <class Scalar>
void multiply(const HvpSettings& settings, const study::OpenedRun& run,
              const study::TrainedNetwork& trained) {
    const auto net = run.setup().classifier<Scalar>(trained.training);
    const auto part = settings.part == "train" ? study::Part::train : study::Part::test;
    if (net->samples(part) == 0) {
        throw InputError("--part " + settings.part, "the run has no such samples",
                         "choose the other part");
    }
    const fs::path checkpoint = trained.checkpoints[0].path;
    const auto theta = narrow<Scalar>(study::read_theta(trained.checkpoints[0], net->parameters()),
                                      checkpoint.string());
    const Mat<Scalar> vector =
        narrow<Scalar>(read_vector(settings.vector, net->parameters()), settings.vector);

    Workspace<Scalar> work(net->model(), lab::usable_threads(settings.threads));
    const Point<Scalar> point = net->model().at(work, theta, net->batch(part));
    Mat<Scalar> product(vector.rows(), 1);
    point.hessian(vector, product);
    check_finite(std::isfinite(point.value()) && point.gradient().allFinite(),
                 "the loss or its gradient at " + checkpoint.string(),
                 "take another checkpoint, or --precision double");
    check_finite(product.allFinite(), "the product",
                 "scale the vector down: the product scales with it");

    lab::TensorFile file;
    file.metadata["step"] = std::to_string(trained.checkpoints[0].step);
    file.metadata["training"] = trained.training.name;
    file.metadata["samples"] = settings.part;
    file.add_number<double>("loss", point.value());
    add_named<Scalar>(file, "gradient.", net->parameters(), point.gradient());
    add_named<Scalar>(file, "hvp.", net->parameters(), product);
    lab::write_tensors(settings.output, file);

    const auto number = [](double value) {
        return std::isfinite(value) ? lab::format_number(value) : "beyond the largest double";
    };
    const Vec<double> g = point.gradient().template cast<double>();
    const Vec<double> v = vector.template cast<double>(), hv = product.template cast<double>();
    std::cout << "training\t" << trained.training.name << "\nstep\t" << trained.checkpoints[0].step
              << "\nsamples\t" << net->samples(part) << "\nloss\t"
              << number(static_cast<double>(point.value())) << "\ngradient norm\t"
              << number(g.stableNorm()) << "\nvector norm\t" << number(v.stableNorm()) << "\nv'Hv\t"
              << number(v.dot(hv)) << "\n|Hv|\t" << number(hv.stableNorm()) << '\n'
              << settings.output << '\n';
}

}  // namespace

Subcommand hvp() {
    const auto settings = std::make_shared<HvpSettings>();
    Subcommand self{.name = "hvp",
                    .operands = "CHECKPOINT",
                    .purpose = "exact Hessian-vector product of the loss at a checkpoint",
                    .examples = {{"runs/first/checkpoints/depth2-seed0/step-00001000.safetensors "
                                  "--vector v.safetensors --output hv.safetensors",
                                  "writes loss, gradient.<name> and hvp.<name>"}}};
    lab::Options& options = *self.options;
    options.add("vector", settings->vector, "safetensors file with a tensor of every parameter")
        .is_path();
    options.add("output", settings->output, "safetensors file to write").is_path();
    options.add("precision", settings->precision, "scalar of the computation")
        .choices({"float", "double"});
    options.add("part", settings->part, "samples of the loss").choices({"train", "test"});
    options.add("threads", settings->threads, "threads; 0 takes all; results are the same")
        .range(0, 4096);
    options.add("force", settings->force, "replace the file of --output");
    self.run = [settings](const std::vector<std::string>& operands) {
        for (const auto& [flag, value] :
             {std::pair{"--vector", settings->vector}, std::pair{"--output", settings->output}}) {
            if (value.empty()) throw InputError(flag, "is missing", "name a safetensors file");
        }
        const study::OpenedRun run(operands[0]);
        check_output(settings->output, run.folder(),
                     {operands[0], settings->vector, run.folder() / "config.toml",
                      run.folder() / "manifest.json"},
                     settings->force);
        if (!run.is_single()) {
            throw InputError(operands[0], "is a run folder",
                             "name one of its checkpoints/<training>/step-N.safetensors");
        }
        const auto trained = run.trained(study::CheckpointChoice("last"));
        lab::with_precision(settings->precision,
                            [&]<class Scalar>() { multiply<Scalar>(*settings, run, trained[0]); });
        return 0;
    };
    return self;
}

}  // namespace dualtape::tools
