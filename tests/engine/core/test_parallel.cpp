// Loops on several threads in programs that fork, that limit stacks, threads and processors, that
// set rounding and signals, and that have threads of their own.

#include <doctest/doctest.h>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <csignal>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

#include "engine/core/parallel.h"
#include "engine/dualtape.h"
#include "tests/support/random.h"

#if defined(__SANITIZE_THREAD__)
#define DUALTAPE_THREAD_SANITIZER
#elif defined(__SANITIZE_ADDRESS__)
#define DUALTAPE_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DUALTAPE_THREAD_SANITIZER
#elif __has_feature(address_sanitizer)
#define DUALTAPE_ADDRESS_SANITIZER
#endif
#endif

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// 0 + 1 + ... + 99 by a loop on `threads` threads; each task writes a place of its own.
bool loop_is_right(int threads) {
    std::vector<int> done(100, 0);
    parallel_for(threads, 100, [&](Index task, int worker) {
        if (worker < threads) done[static_cast<std::size_t>(task)] += static_cast<int>(task) + 1;
    });
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (done[i] != static_cast<int>(i) + 1) return false;
    }
    return true;
}

// Whether check() holds in a child of this process, which is ended when it hangs.
bool holds_in_child(const std::function<bool()>& check) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(30);
        _exit(check() ? 0 : 1);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Whether check() holds on a thread with so many bytes of stack.
bool holds_on_stack(std::size_t bytes, std::function<bool()> check) {
    struct Task {
        std::function<bool()> check;
        bool holds = false;
    } task{std::move(check)};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, bytes);
    pthread_t thread;
    const auto run = [](void* data) -> void* {
        auto* given = static_cast<Task*>(data);
        given->holds = given->check();
        return nullptr;
    };
    if (pthread_create(&thread, &attributes, run, &task) != 0) return false;
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    return task.holds;
}

// The product of a direction and the Hessian of a network whose matrix products pack megabytes: 300
// inputs, 600 hidden features, 700 samples.
template <class Scalar>
Vec<Scalar> wide_product(int threads) {
    Graph<Scalar> graph;
    const auto x = graph.input("x", 300), y = graph.input("y", 40);
    const auto w = graph.parameter("w", 600, 300), u = graph.parameter("u", 40, 600);
    const Model<Scalar> model(graph, squared_error(matmul(u, tanh(matmul(w, x))), y));
    Workspace<Scalar> work(model, threads);
    const Mat<Scalar> inputs = uniform_matrix(300, 700, 1).template cast<Scalar>();
    const Mat<Scalar> targets = uniform_matrix(40, 700, 2).template cast<Scalar>();
    Batch<Scalar> batch = model.batch();
    batch.set("x", {inputs.data(), 300, 700});
    batch.set("y", {targets.data(), 40, 700});
    const Vec<Scalar> theta = uniform_vector(model.size(), 3).template cast<Scalar>();
    const Mat<Scalar> v = uniform_matrix(model.size(), 1, 4).template cast<Scalar>();
    Mat<Scalar> hv(model.size(), 1);
    model.at(work, theta, batch).hessian(v, hv);
    return hv.col(0);
}

template <class Scalar>
bool products_are_right(int threads) {
    static const Vec<Scalar> expected = wide_product<Scalar>(1);
    const Vec<Scalar> product = wide_product<Scalar>(threads);
    return std::memcmp(product.data(), expected.data(),
                       static_cast<std::size_t>(product.size()) * sizeof(Scalar)) == 0;
}

}  // namespace

TEST_CASE("a loop runs every task once, for any number of threads") {
    for (const int threads : {1, 2, 3, 7, 64}) {
        INFO(threads, " threads");
        CHECK(loop_is_right(threads));
    }
}

TEST_CASE("the exception of the lowest task that threw leaves the loop, after all tasks") {
    for (const int threads : {2, 5}) {
        std::vector<int> done(50, 0);
        std::string caught;
        try {
            parallel_for(threads, 50, [&](Index task, int) {
                done[static_cast<std::size_t>(task)] = 1;
                if (task % 7 == 3) throw std::runtime_error(std::to_string(task));
            });
        } catch (const std::runtime_error& error) {
            caught = error.what();
        }
        CHECK(caught == "3");
        CHECK(std::count(done.begin(), done.end(), 1) == 50);
        CHECK(loop_is_right(threads));
    }
}

TEST_CASE("loops inside a loop run on the thread that starts them") {
    std::vector<int> same(8, 0);
    parallel_for(4, 8, [&](Index task, int) {
        const auto self = std::this_thread::get_id();
        bool all_here = is_inside_parallel();
        parallel_for(4, 20, [&](Index, int worker) {
            all_here = all_here && worker == 0 && std::this_thread::get_id() == self;
        });
        same[static_cast<std::size_t>(task)] = all_here ? 1 : 0;
    });
    CHECK(std::count(same.begin(), same.end(), 1) == 8);
    CHECK(!is_inside_parallel());
}

TEST_CASE("threads of the host run loops side by side") {
    std::vector<std::thread> hosts;
    std::vector<int> right(6, 0);
    for (std::size_t i = 0; i < right.size(); ++i) {
        hosts.emplace_back([&right, i] {
            bool holds = true;
            for (int round = 0; round < 200; ++round) holds = holds && loop_is_right(3);
            right[i] = holds ? 1 : 0;
        });
    }
    for (std::thread& host : hosts) host.join();
    CHECK(std::count(right.begin(), right.end(), 1) == 6);
}

TEST_CASE("a loop ends while the helpers are held up by another") {
    std::atomic<bool> is_held{false}, is_released{false};
    std::atomic<int> held{0};
    std::thread other([&] {
        parallel_for(2, 2, [&](Index, int) {
            if (++held == 2) is_held = true;
            while (!is_released) std::this_thread::yield();
        });
    });
    while (held == 0) std::this_thread::yield();
    CHECK(loop_is_right(2));
    CHECK(loop_is_right(2));
    is_released = true;
    other.join();
}

#ifndef DUALTAPE_THREAD_SANITIZER  // it ends children that start threads
TEST_CASE("a child after fork() runs loops, as do its children and its parent") {
    CHECK(loop_is_right(4));  // the parent has helpers, which no child has
    const auto loops = [] { return loop_is_right(4) && loop_is_right(2) && loop_is_right(7); };
    CHECK(holds_in_child(loops));
    CHECK(holds_in_child([&] { return holds_in_child(loops); }));
    CHECK(holds_in_child([&] { return loops() && holds_in_child(loops) && loops(); }));
    CHECK(holds_in_child([&] {
        return loops() && holds_in_child([&] { return loops() && holds_in_child(loops); });
    }));
    CHECK(loops());
}

#ifndef DUALTAPE_ADDRESS_SANITIZER  // a fork() leaves its allocator locked, if it was by another
                                    // thread
TEST_CASE("a child runs loops although other threads of its parent were in one") {
    std::atomic<bool> is_over{false};
    std::vector<std::thread> others;
    for (int i = 0; i < 3; ++i) {
        others.emplace_back([&] {
            while (!is_over) loop_is_right(3);
        });
    }
    int failures = 0;
    for (int round = 0; round < 50; ++round) {
        failures += holds_in_child([] { return loop_is_right(3); }) ? 0 : 1;
    }
    is_over = true;
    for (std::thread& other : others) other.join();
    CHECK(failures == 0);
}
#endif

TEST_CASE("a child has the gradients and products of its parent") {
    CHECK(products_are_right<float>(2));
    CHECK(holds_in_child([] { return products_are_right<float>(2); }));
    CHECK(holds_in_child([] { return products_are_right<float>(5); }));
}

#ifndef DUALTAPE_ADDRESS_SANITIZER  // it reserves more memory than any limit
TEST_CASE("loops run on fewer threads where the system gives no more") {
    CHECK(holds_in_child([] {
        const rlimit limit{std::size_t{1} << 20, std::size_t{1} << 20};  // less than is in use
        return setrlimit(RLIMIT_AS, &limit) == 0 && loop_is_right(64) && loop_is_right(8);
    }));
}
#endif

#ifdef __linux__
TEST_CASE("a process that may use one processor runs on one thread unless asked for more") {
    CHECK(holds_in_child([] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        return sched_setaffinity(0, sizeof(one), &one) == 0 && available_threads() == 1 &&
               resolve_threads(0) == 1 && resolve_threads(3) == 3;
    }));
}
#endif

TEST_CASE("OMP_NUM_THREADS bounds the threads that nobody asked for, and nothing else") {
    for (const char* wish : {"1", "1,2", "1000000", "", "many", "-3", "0"}) {
        INFO("OMP_NUM_THREADS=", wish);
        CHECK(holds_in_child([&] {
            setenv("OMP_NUM_THREADS", wish, 1);
            const bool is_one = std::string(wish) == "1" || std::string(wish) == "1,2";
            return resolve_threads(0) == (is_one ? 1 : available_threads()) &&
                   resolve_threads(5) == 5;
        }));
    }
}
#endif

TEST_CASE("a caller may have a small stack") {
#if defined(DUALTAPE_ADDRESS_SANITIZER) || defined(DUALTAPE_THREAD_SANITIZER)
    const std::size_t stack = std::size_t{512} << 10;  // their frames are larger
#else
    const std::size_t stack = std::size_t{64} << 10;
#endif
    for (const int threads : {1, 2, 4}) {
        INFO(threads, " threads");
        CHECK(holds_on_stack(stack, [&] { return products_are_right<double>(threads); }));
        CHECK(holds_on_stack(stack, [&] { return products_are_right<float>(threads); }));
    }
}

TEST_CASE("helpers round as the thread that owns the loop") {
    // 1 + 2^-60 is 1, or the next number where the host rounds upwards.
    const auto sums = [](int threads) {
        std::vector<double> sum(64);
        volatile double one = 1, tiny = 0x1p-60;
        parallel_for(threads, 64, [&](Index task, int) {
            sum[static_cast<std::size_t>(task)] = one + tiny;
            std::this_thread::yield();
        });
        return sum;
    };
    CHECK(loop_is_right(4));  // the helpers are there before the mode is set
    std::fesetround(FE_UPWARD);
    const auto alone = sums(1), together = sums(4);
    std::fesetround(FE_TONEAREST);
    CHECK(alone[0] > 1);
    CHECK(together == alone);
    CHECK(sums(4) == sums(1));
    CHECK(sums(4)[0] == 1);
}

TEST_CASE("signals of the host are delivered to its own threads") {
    std::atomic<int> open{0}, helped{0};
    for (int round = 0; round < 200 && helped == 0; ++round) {
        parallel_for(4, 64, [&](Index, int worker) {
            if (worker > 0) {
                sigset_t blocked;
                pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
                ++helped;
                open += sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGTERM) == 1 &&
                                sigismember(&blocked, SIGSEGV) == 0
                            ? 0
                            : 1;
            }
            std::this_thread::yield();
        });
    }
    CHECK(helped > 0);
    CHECK(open == 0);
}
