// Stand-in: numbers of one platform, as the adapter needs them.
#pragma once

constexpr int PLATFORM_PROF_SLOT_COUNT = 4;
constexpr int PLATFORM_PROF_READYQUEUE_SIZE = 992;
constexpr int PLATFORM_PROF_BUFFER_SIZE = 1000;
constexpr int PLATFORM_PHASE_RECORDS_PER_THREAD = 16384;
constexpr int PLATFORM_AICORE_BUFFER_SIZE = 1024;
