// Progress under a false clock.
#include <cmath>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/lab/progress.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
using Style = Progress::Style;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t number = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++number;
    return number;
}

}  // namespace

TEST_CASE("without a terminal a line is printed at 1, 2, 5, 10, ... and at the end") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& task = progress.add("depth 1", 24);
    for (int step = 1; step <= 24; ++step) {
        now = step;
        task.at(step, {{"loss", 1.0 / step}});
    }
    task.finish();
    progress.finish();
    CHECK(out.str() ==
          "depth 1  step 1/24  loss 1  1 steps/s  0:01, 0:23 left\n"
          "depth 1  step 2/24  loss 0.5  1 steps/s  0:02, 0:22 left\n"
          "depth 1  step 5/24  loss 0.2  1 steps/s  0:05, 0:19 left\n"
          "depth 1  step 10/24  loss 0.1  1 steps/s  0:10, 0:14 left\n"
          "depth 1  step 20/24  loss 0.05  1 steps/s  0:20, 0:04 left\n"
          "depth 1  step 24/24  loss 0.0417  1 steps/s  0:24\n");
}

TEST_CASE("a resumed task counts the steps of this process only") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& task = progress.add("", 2000);
    task.resume(1000);
    now = 10;
    task.at(1001);
    task.at(2000);
    CHECK(out.str() == "step 2000/2000  100 steps/s  0:10\n");
}

TEST_CASE("tasks that an earlier start has finished count for nothing") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& before = progress.add("a", 500);
    ProgressTask& task = progress.add("b", 500);
    before.resume(500);
    before.finish();
    out.str("");
    now = 10;
    task.at(100);
    CHECK(out.str() == "[1/2] b  step 100/500  10 steps/s  0:10, 0:40 left\n");
}

TEST_CASE("a long measurement before the first step is not taken for the time of a step") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& task = progress.add("", 10000);
    task.resume(0);
    Interlude& visits = task.add_interlude(11);
    visits.time([&] { now += 7.2; });
    for (int step = 1; step <= 10; ++step) {
        now += 0.001;
        task.at(step);
    }
    // Not 10000 steps of 7.2 s, which are 20 hours: 10 visits, and 9999 or 9990 steps of 1 ms.
    CHECK(contains(out.str(), "step 1/10000  0.139 steps/s  0:07, 1:22 left\n"));
    CHECK(contains(out.str(), "step 10/10000  1.39 steps/s  0:07, 1:22 left\n"));
}

TEST_CASE("time left is that of the steps once all measurements are made, also inside one") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& task = progress.add("", 100);
    task.resume(0);
    Interlude& rows = task.add_interlude(2);
    for (int step = 1; step <= 50; ++step) {
        now += 1;
        // A row of the log tells the step while it is measured.
        if (step == 20)
            rows.time([&] {
                now += 100;
                task.at(step);
            });
        if (step == 30) rows.time([&] { now += 300; });
        task.at(step);
    }
    CHECK(contains(out.str(), "step 20/100  0.167 steps/s  2:00, 3:00 left\n"));  // 80 + 100 s
    CHECK(contains(out.str(), "step 50/100  0.111 steps/s  7:30, 0:50 left\n"));
}

TEST_CASE("tasks that wait are counted by those that have begun, tasks side by side once") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& a = progress.add("a", 100);
    ProgressTask& b = progress.add("b", 100);
    progress.add("c", 100);
    progress.add("d", 100);
    a.resume(0);
    b.resume(0);
    now = 20;
    b.at(20);
    out.str("");
    a.at(20);
    CHECK(contains(out.str(), "0:20, 3:00 left"));  // 2 * 80 s and 2 * 100 s by two threads
    // The last one runs alone, however many ran before.
    std::ostringstream alone;
    now = 0;
    Progress two(alone, Style::plain, [&] { return now; });
    ProgressTask& fast = two.add("fast", 100);
    ProgressTask& slow = two.add("slow", 100);
    fast.resume(0);
    slow.resume(0);
    now = 100;
    fast.at(100);
    fast.finish();
    alone.str("");
    slow.at(50);
    CHECK(contains(alone.str(), "1:40, 1:40 left"));
}

TEST_CASE("a task that ends early has a last line") {
    std::ostringstream out;
    Progress progress(out, Style::plain, [] { return 0.0; });
    ProgressTask& task = progress.add("a", 100);
    task.at(3);
    task.finish();
    CHECK(out.str() == "a  step 3/100  0:00\na  step 3/100  0:00\n");
}

TEST_CASE("on a terminal one line is rewritten, at most four times a second, ever more seldom") {
    std::ostringstream out;
    double now = 0;
    Progress progress(
        out, Style::terminal, [&] { return now; }, 40);
    ProgressTask& task = progress.add("depth 1", 1000000);
    for (int step = 1; step <= 10000; ++step) {
        now = step * 1e-3;
        task.at(step, {{"a rather long name of a quantity", 1.0 / step}});
    }
    CHECK(count(out.str(), "\r\033[K") >= 39);
    CHECK(count(out.str(), "\r\033[K") <= 41);
    CHECK(count(out.str(), "\n") == 0);
    const std::string last = out.str().substr(out.str().rfind("\033[K") + 3);
    CHECK(last.size() == 39);  // one column less than the terminal: no line break by itself
    out.str("");
    for (int step = 0; step < 10000; ++step) {
        now = 1e4 + step * 1e-2;  // 100 seconds late in a run
        task.at(20000 + step);
    }
    CHECK(count(out.str(), "\r\033[K") <= 21);
    out.str("");
    progress.wipe();
    progress.wipe();
    CHECK(out.str() == "\r\033[K");
}

TEST_CASE("a quiet progress prints nothing") {
    std::ostringstream out;
    Progress progress(out, Style::quiet, [] { return 0.0; });
    progress.add("a", 1).at(1);
    progress.finish();
    CHECK(out.str().empty());
}

TEST_CASE("several tasks may report from several threads") {
    std::ostringstream out;
    Progress progress(out, Style::plain, [] { return 1.0; });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        ProgressTask& task = progress.add("task " + std::to_string(i), 1000);
        threads.emplace_back([&task] {
            for (int step = 1; step <= 1000; ++step) task.at(step, {{"loss", 0.5}});
            task.finish();
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(count(out.str(), "\n") == 40);  // 1, 2, 5, ..., 1000 of each
    CHECK(count(out.str(), "step 1000/1000") == 4);
}

TEST_CASE("durations are short and readable") {
    CHECK(format_duration(0.4) == "0:00");
    CHECK(format_duration(7) == "0:07");
    CHECK(format_duration(760) == "12:40");
    CHECK(format_duration(11100) == "3:05:00");
    CHECK(format_duration(2 * 86400 + 3 * 3600) == "2 d 3 h");
    CHECK(format_duration(std::nan("")) == "?");
}

TEST_CASE("a number of steps that is not known is not shown, nor the time left") {
    std::ostringstream out;
    double now = 0;
    Progress progress(out, Style::plain, [&] { return now; });
    ProgressTask& task = progress.add("a", 0);
    ProgressTask& next = progress.add("b", 0);
    task.resume(0);
    now = 10;
    task.at(5);
    task.expect(30);
    task.at(10);
    task.finish();
    next.resume(0);
    now = 15;
    next.expect(20);
    next.at(10);
    CHECK(out.str() ==
          "[0/2] a  step 5  0.5 steps/s  0:10\n"
          "[0/2] a  step 10/30  1 steps/s  0:10\n"
          "[1/2] a  step 10/30  1 steps/s  0:10\n"
          "[1/2] b  step 10/20  1.33 steps/s  0:15, 0:05 left\n");
}
