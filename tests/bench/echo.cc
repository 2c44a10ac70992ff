// The reference for what nginx and FastCGI cost by themselves: answers every request with the same text, and
// keeps the connections of nginx open. Usage: echo SOCKET CONNECTIONS
// libfcgi serves one connection at a time, so each connection gets a thread.
#include <fcgiapp.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr int kBacklog = 1024;

void serve(int listener) {
  FCGX_Request request;
  FCGX_InitRequest(&request, listener, 0);
  request.keepConnection = 1;
  while (FCGX_Accept_r(&request) >= 0)
    FCGX_PutS("Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}", request.out);
}

}  // namespace

int main(int count, char** arguments) {
  ::umask(0);
  if (count != 3 || FCGX_Init() != 0) return 1;
  const int listener = FCGX_OpenSocket(arguments[1], kBacklog);
  if (listener < 0) return 1;
  std::signal(SIGTERM, SIG_DFL);  // libfcgi has it wait for the next connection
  std::vector<std::thread> threads;
  for (int i = std::atoi(arguments[2]); i > 0; --i) threads.emplace_back(serve, listener);
  for (auto& thread : threads) thread.join();
}
