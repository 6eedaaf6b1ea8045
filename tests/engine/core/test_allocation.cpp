// After the first call of their kind, nothing allocates: counted at malloc (by glibc's own, or a
// sanitizer's hook), else at operator new; and by Eigen's guard where its assertions are on.

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "engine/core/memory.h"
#include "tests/support/networks.h"

#if defined(__SANITIZE_ADDRESS__)
#define DUALTAPE_ADDRESS_SANITIZED
#elif defined(__SANITIZE_THREAD__)
#define DUALTAPE_THREAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DUALTAPE_ADDRESS_SANITIZED
#elif __has_feature(thread_sanitizer)
#define DUALTAPE_THREAD_SANITIZED
#endif
#endif
#if defined(DUALTAPE_ADDRESS_SANITIZED) || defined(DUALTAPE_THREAD_SANITIZED)
#define DUALTAPE_SANITIZED
#endif
// The hook of the thread sanitizer hears of no aligned allocation, as Eigen's are.
#if (defined(__GLIBC__) && !defined(DUALTAPE_SANITIZED)) || defined(DUALTAPE_ADDRESS_SANITIZED)
#define DUALTAPE_COUNTS_MALLOC
#endif

namespace {
long allocations = 0;  // of all threads; this file counts in serial calls only
}

#if defined(DUALTAPE_SANITIZED)
// Of sanitizer/allocator_interface.h, which GCC does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));
namespace {
[[maybe_unused]] const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
}
#elif defined(DUALTAPE_COUNTS_MALLOC)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t bytes) {
    ++allocations;
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
    ++allocations;
    return __libc_calloc(count, bytes);
}
void* realloc(void* data, std::size_t bytes) {
    ++allocations;
    return __libc_realloc(data, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    ++allocations;
    return __libc_memalign(alignment, bytes);
}
}
#else
void* operator new(std::size_t bytes) {
    ++allocations;
    void* data = std::malloc(bytes > 0 ? bytes : 1);
    if (data == nullptr) throw std::bad_alloc();
    return data;
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    ++allocations;
    const auto align = static_cast<std::size_t>(alignment);
    void* data = std::aligned_alloc(align, (bytes + align - 1) / align * align);
    if (data == nullptr) throw std::bad_alloc();
    return data;
}
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, std::size_t, std::align_val_t) noexcept { std::free(data); }
#endif

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// Allocations of the second call.
template <class Call>
long second_call(Call call) {
    call();
    const long before = allocations;
    Eigen::internal::set_is_malloc_allowed(false);
    call();
    Eigen::internal::set_is_malloc_allowed(true);
    return allocations - before;
}
// The same for calls that return a vector: one allocation is the result's.
template <class Call>
long second_call_with_result(Call call) {
    call();
    const long before = allocations;
    call();
    return allocations - before;
}

const Network& long_names() {
    static const Network network = Network::of("long names", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("a parameter with a long name, beyond small strings", 9, 11);
        const auto w = g.parameter("w", 12, 9), u = g.parameter("u", 7, 12);
        const auto h = gather(matmul(w, e), g.tokens("tokens with a name of some length"));
        const auto x = g.input("an input with a name of some length", 12);
        const auto act = g.name("an activation with a long name", tanh(add(h, x)));
        const auto z = g.name("logits with a long name", matmul(u, softmax(gelu(act))));
        return cross_entropy(z, g.tokens("labels with a name of some length"));
    });
    return network;
}

}  // namespace

TEST_CASE("the counter counts") {
    long before = allocations;
    const auto text = std::make_unique<std::string>(100, 'x');
    long counted = allocations - before;
    CHECK(text->size() == 100);
    CHECK(counted == 2);
#ifdef DUALTAPE_COUNTS_MALLOC
    before = allocations;
    const Vec<double> v = Vec<double>::Zero(100);
    counted = allocations - before;
    CHECK(v.size() == 100);
    CHECK(counted == 1);
#endif
}

TEST_CASE("no product and no gradient allocates in its second call") {
    for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{60000}, std::size_t{0}}) {
        for (const bool edited : {false, true}) {
            Options options;
            options.chunk_bytes = 1;
            options.memory_limit = limit;
            options.taps = {"an activation with a long name", "logits with a long name"};
            const Index samples = 150;
            Setup<double> s(long_names(), samples, options);
            const Node act = s.model.node(options.taps[0]), logits = s.model.node(options.taps[1]);
            if (edited) {
                s.work.edit({{act, Mat<double>::Constant(12, 1, 0.5),
                              Mat<double>::Ones(12, samples), Mat<double>::Identity(12, 2)}});
            }
            const Index P = s.size();
            const Mat<double> V = directions(P, 3);
            Mat<double> R(P, 3), z(7, 3 * samples), h(12, 3 * samples), slopes(samples, 3);
            Vec<double> g(P), losses(samples);
            const auto chosen = uniform_tokens(64, samples, 3);
            INFO("limit ", limit, ", edited ", edited);
            CHECK(second_call([&] { s.model.value(s.work, s.theta, s.batch); }) == 0);
            CHECK(second_call([&] { s.model.gradient(s.work, s.theta, s.batch, g); }) == 0);
            CHECK(second_call([&] {
                      s.model.read(s.work, s.theta, s.batch, logits, z.leftCols(samples));
                  }) == 0);
            CHECK(second_call([&] { s.at(); }) == 0);
            CHECK(second_call([&] {
                      s.batch.select(chosen.data(), 64);
                      s.model.gradient(s.work, s.theta, s.batch, g);
                      s.batch.select(chosen.data(), 7);
                      s.model.gradient(s.work, s.theta, s.batch, g);
                      s.batch.select(nullptr, 0);
                  }) == 0);
            const Point<double> point = s.at();
            CHECK(second_call([&] { point.hessian(V, R); }) == 0);
            CHECK(second_call([&] { point.hessian(V.col(1), R.col(2)); }) == 0);
            CHECK(second_call([&] { point.gauss_newton(V, R); }) == 0);
            CHECK(second_call([&] { point.fisher(Fisher::exact, V, R); }) == 0);
            CHECK(second_call([&] { point.fisher(Fisher::empirical, V, R); }) == 0);
            CHECK(second_call([&] { point.fisher(Fisher::sampled, V, R); }) == 0);
            CHECK(second_call([&] { point.jacobian(V, z); }) == 0);
            CHECK(second_call([&] { point.jacobian_transpose(z, R); }) == 0);
            CHECK(second_call([&] { point.loss_slopes(V, slopes); }) == 0);
            CHECK(second_call([&] { point.losses(losses); }) == 0);
            CHECK(second_call([&] { point.activation(act, h.leftCols(samples)); }) == 0);
            CHECK(second_call([&] { point.adjoint(act, h.leftCols(samples)); }) == 0);
            CHECK(second_call([&] { point.push(act, h, logits, z); }) == 0);
            CHECK(second_call([&] { point.pull(logits, z, act, h); }) == 0);
#ifdef DUALTAPE_COUNTS_MALLOC
            const long results = 1;
#else
            const long results = 0;  // Eigen's, which this build cannot see
#endif
            CHECK(second_call_with_result([&] { point.curvature(V); }) == results);
            CHECK(second_call_with_result([&] { point.gauss_newton_curvature(V); }) == results);
        }
    }
}

TEST_CASE("large products allocate nothing in the memory that they ask for") {
    // The last rows: the largest blocks of either operand, and a row beyond a panel.
    const Index sizes[][3] = {{512, 1024, 512}, {1500, 300, 1200}, {97, 1024, 2048}, {2048, 64, 97},
                              {513, 3000, 576}, {600, 20000, 40},  {513, 600, 700}};
    for (const auto& row : sizes) {
        const auto rows = row[0];
        const auto cols = row[1];
        const auto depth = row[2];
        for (int form = 0; form < 4; ++form) {
            const bool a = (form & 1) != 0, b = (form & 2) != 0;
            INFO(rows, "x", cols, ", depth ", depth, ", A' ", a, ", B' ", b);
            const auto count = [&]<class Scalar>(Scalar) {
                const Mat<Scalar> A = Mat<Scalar>::Ones(a ? depth : rows, a ? rows : depth);
                const Mat<Scalar> B = Mat<Scalar>::Ones(b ? cols : depth, b ? depth : cols);
                Mat<Scalar> C(rows, cols);
                AlignedBuffer packing;
                packing.reserve(kernels::packing_bytes<Scalar>());
                return second_call([&] {
                    kernels::gemm<Scalar>(C.data(), {A.data(), A.rows(), A.cols(), a},
                                          {B.data(), B.rows(), B.cols(), b}, false,
                                          {packing.data(), packing.bytes()});
                });
            };
            CHECK(count(1.0) == 0);
            CHECK(count(1.0F) == 0);
        }
    }
}

TEST_CASE("five hundred steps and products leave the memory of a workspace as it is") {
    Setup<float> s(long_names(), 200);
    Vec<float> g(s.size());
    const Mat<float> V = directions(s.size(), 2).cast<float>();
    Mat<float> HV(s.size(), 2);
    const auto work = [&] {
        s.model.gradient(s.work, s.theta, s.batch, g);
        s.theta -= 0.01F * g;
        s.at().hessian(V, HV);
    };
    work();
    const std::size_t bytes = s.work.bytes();
    const long before = allocations;
    for (int i = 0; i < 500; ++i) work();
    CHECK(s.work.bytes() == bytes);
    CHECK(allocations == before);
}
