// A host with threads of its own: OpenMP's where it has them, std::thread, and children by fork().
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "engine/dualtape.h"
#include "parts.h"  // layer-ok: of this project

namespace {

// Gradient steps of a network large enough for several threads; the sum of the weights.
double trained() {
    dualtape::Graph<double> graph;
    const auto x = graph.input("x", 60);
    const auto w = graph.parameter("w", 80, 60);
    const dualtape::Model<double> model(graph,
                                        squared_error(tanh(matmul(w, x)), graph.input("y", 80)));
    dualtape::Workspace<double> work(model, 4);
    const dualtape::Mat<double> inputs = dualtape::Mat<double>::Constant(60, 300, 0.1);
    const dualtape::Mat<double> targets = dualtape::Mat<double>::Constant(80, 300, 0.7);
    auto batch = model.batch();
    batch.set("x", {inputs.data(), 60, 300});
    batch.set("y", {targets.data(), 80, 300});
    dualtape::Vec<double> theta = dualtape::Vec<double>::LinSpaced(model.size(), -0.1, 0.1);
    dualtape::Vec<double> gradient(model.size());
    for (int step = 0; step < 5; ++step) {
        model.gradient(work, theta, batch, gradient);
        theta -= 0.1 * gradient;
    }
    return theta.sum();
}

bool child_agrees(double expected, int generations) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        const bool holds =
            trained() == expected && (generations == 1 || child_agrees(expected, generations - 1));
        _exit(holds ? 0 : 1);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

// What the host has set is as it was: environment, and OpenMP where it is used.
struct Surroundings {
    std::string policy = text("OMP_WAIT_POLICY"), threads = text("OMP_NUM_THREADS"),
                stack = text("OMP_STACKSIZE"), spins = text("GOMP_SPINCOUNT");
#ifdef _OPENMP
    int omp_threads = omp_get_max_threads(), omp_dynamic = omp_get_dynamic(),
        omp_levels = omp_get_max_active_levels();
#endif
    static std::string text(const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? "(none)" : value;
    }
    bool operator==(const Surroundings&) const = default;
};

}  // namespace

bool own_threads_are_right() {
    const Surroundings before;
    const double expected = trained();
    bool holds = child_agrees(expected, 3);

    std::vector<double> sums(4, 0);
    std::vector<std::thread> threads;
    for (double& sum : sums) threads.emplace_back([&sum] { sum = trained(); });
    for (std::thread& thread : threads) thread.join();
    for (const double sum : sums) holds = holds && sum == expected;

#ifdef _OPENMP
    std::vector<double> parts(8, 0);
    std::vector<int> used(8, 0);
#pragma omp parallel for num_threads(4) schedule(static, 1)  // layer-ok: the host's
    for (int i = 0; i < 8; ++i) {
        parts[static_cast<std::size_t>(i)] = trained();
        used[static_cast<std::size_t>(i)] = omp_get_num_threads();
    }
    for (const double part : parts) holds = holds && part == expected;
    for (const int team : used) holds = holds && team == 4;
#endif
    return holds && child_agrees(expected, 2) && trained() == expected && before == Surroundings();
}
