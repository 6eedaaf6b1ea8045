#include "tools/dualtape/spectrum_request.h"

#include "engine/curvature/point_operator.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/threads.h"

namespace dualtape::tools {

namespace {

constexpr std::int64_t kSmallest = 3;  // of an indefinite matrix

}  // namespace

void SpectrumRequest::check() const {
    if (!only.empty() && block_by != "none") {
        throw lab::InputError("--only and --block-by", "both choose blocks of the matrix",
                              "give one of them");
    }
    if (hessian_batch > 0 && top + smallest(is_semidefinite()) == 0 && !trace) {
        throw lab::InputError("--hessian-batch " + std::to_string(hessian_batch),
                              "nothing is left to measure on the subsets",
                              "ask for --top 1, --bottom 1 or --trace");
    }
    if (top + smallest(is_semidefinite()) == 0 && !density && !trace && !sharpness) {
        throw lab::InputError("--top 0 --bottom 0", "nothing is left to measure",
                              "ask for eigenvalues, --density, --trace or --sharpness");
    }
}

bool SpectrumRequest::is_semidefinite() const {
    return curvature::is_semidefinite(curvature::curvature_matrix(matrix));
}

std::int64_t SpectrumRequest::smallest(bool is_semidefinite) const {
    if (!lab::is_auto(bottom)) return bottom;
    return is_semidefinite ? 0 : kSmallest;
}

analyses::SpectrumSettings SpectrumRequest::solve(bool is_semidefinite) const {
    analyses::SpectrumSettings to;
    to.largest = static_cast<Index>(top);
    to.smallest = static_cast<Index>(smallest(is_semidefinite));
    to.accuracy = tolerance;
    to.tolerance = 0;
    to.max_products = static_cast<Index>(max_products);
    // Of few samples, the rank of a semidefinite matrix is low and most of its eigenvalues are
    // zero.
    const bool is_always = verify || is_semidefinite;
    to.check = is_always ? curvature::CopyCheck::always : curvature::CopyCheck::where_repeated;
    to.dense_limit = static_cast<Index>(dense_limit);
    to.has_trace = trace;
    to.trace_probes = static_cast<Index>(trace_probes);
    to.has_density = density;
    to.density_probes = static_cast<Index>(density_probes);
    to.density_steps = static_cast<Index>(density_steps);
    to.seed = static_cast<std::uint64_t>(seed);
    to.threads = lab::usable_threads(threads);
    return to;
}

std::string SpectrumRequest::folder_name() const {
    constexpr std::size_t kLongest = 80;  // of what a file system takes, 255
    std::string name = "spectrum-" + matrix;
    if (block_by != "none") name += "-by-" + block_by;
    if (!only.empty()) {
        std::string words = lab::join(only, "+");
        if (words.size() > kLongest) words = lab::sha256_hex(words).substr(0, 12);
        for (char& c : words) c = c == '[' ? '_' : c == ':' ? '-' : c;
        std::erase(words, ']');
        name += "-only-" + words;
    }
    return part == "train" ? name : name + "-" + part;
}

void add_spectrum_options(lab::Options& options, SpectrumRequest& to) {
    options.group("eigenvalues", "Eigenvalues");
    options.add("top", to.top, "largest eigenvalues").range(0, 1000);
    options.add("bottom", to.bottom, "smallest eigenvalues")
        .range(0, 1000)
        .automatic("3; 0 of a matrix without negative ones: ggn, Fishers, layers of relu networks");
    options
        .add("tolerance", to.tolerance,
             "error of a converged eigenvalue, relative to itself: 0.005 makes its sign and two "
             "digits certain")
        .at_least(1e-12)
        .below(0.1);
    options
        .add("max_products", to.max_products, "products of one solve before it stops unconverged")
        .range(10, 1e9);
    options.add("verify", to.verify,
                "look for missed copies of repeated eigenvalues also where the solve has met none");
    options
        .add("dense_limit", to.dense_limit,
             "up to it the whole matrix is taken where that is cheaper, and always up to 300: then "
             "all values are exact; 0: never")
        .unit("rows")
        .range(0, 10000);
    options.add("strict", to.strict, "exit code 1 when a solve did not converge");
    options.group("whole", "The whole spectrum");
    options.add("trace", to.trace, "trace and Frobenius norm, with standard errors");
    options.add("trace_probes", to.trace_probes, "random vectors of it").range(2, 1e6);
    options.add("density", to.density, "spectral density and counts");
    options.add("density_probes", to.density_probes, "random vectors of it").range(2, 1e5);
    options.add("density_steps", to.density_steps, "Lanczos steps of each").range(2, 1e4);
    options.group("sharpness", "Sharpness measures of the loss");
    options.add("sharpness", to.sharpness,
                "what the loss does around theta; some 500 gradients a checkpoint");
    // Shorter steps drown in the rounding of the loss; with longer ones deep losses overflow.
    constexpr double kShortest = 1e-8, kLongest = 1e6;
    options.add("sam_rho", to.measures.sam_rho, "length of SAM's step along the gradient")
        .range(kShortest, kLongest);
    options.add("asam_rho", to.measures.asam_rho, "the same of ASAM, relative to |theta_i| + 0.01")
        .range(kShortest, kLongest);
    options
        .add("average_sigma", to.measures.average_sigma, "standard deviation of the random steps")
        .range(kShortest, kLongest);
    options.add("ball_rho", to.measures.ball_rho, "radius of the ball of the worst case")
        .range(kShortest, kLongest);
    options
        .add("keskar_epsilon", to.measures.keskar_epsilon,
             "half-width of the box of the worst case, relative to |theta_i| + 1")
        .range(kShortest, kLongest);
    options.group("subsets", "Subsets of the samples");
    options
        .add("hessian_batch", to.hessian_batch,
             "samples of random subsets, of which λ max, λ min and trace are measured again; 0: "
             "none")
        .unit("samples")
        .at_least(0);
    options.add("repeats", to.repeats, "random subsets; one has no spread").range(2, 100000);
    options.group("matrix", "Matrix");
    options.add("operator", to.matrix, "of the mean loss in double; decay is not part of it")
        .choices(curvature::curvature_matrix_words());
    options.add("block_by", to.block_by, "also the diagonal block of every layer")
        .choices({"none", "layer"});
    options.add("only", to.only,
                "of the whole matrix just these parameters: layers.0, layers.1.weight[0:64], ...");
    options.add("checkpoints", to.checkpoints, "all, last, or how many of the last ones");
    options.add("part", to.part, "samples of the loss").choices({"train", "test"});
    options.group("run", "Run");
    options
        .add("out", to.out,
             "folder of the results; default RUN/spectrum-OPERATOR, with the blocks chosen and, of "
             "a "
             "checkpoint, its name")
        .is_path();
    options.add("force", to.force, "replace earlier spectra there");
    options.add("seed", to.seed, "of the random vectors")
        .range(0, static_cast<double>(lab::kLargestSeed));
    options.add("threads", to.threads, "threads; 0 takes all; results are the same").range(0, 4096);
    options.add("quiet", to.quiet, "no progress on the terminal");
    options.add_check([&to] { to.check(); });
}

}  // namespace dualtape::tools
