using System.Diagnostics;
using System.Text;
using Casemate.KataPolicy;
using Casemate.Rego;

/// <summary>Times of decisions on requests, of compiling a policy and of writing one.</summary>
internal static class DecisionBench
{
    internal static void Run(int count)
    {
        var text = AgentPolicyText.Write(BenchPolicy.Data);
        var first = Stopwatch.StartNew();
        _ = AgentPolicy.TryCompile(text, out var policy, out _);
        first.Stop();
        Console.WriteLine($"Policy of {Encoding.UTF8.GetByteCount(text) / 1000.0:F1} kB; {count} runs of each case after {count / 5} that are not counted; "
            + $"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}.");
        Console.WriteLine();
        Console.WriteLine("| case | fastest ms | p50 ms | p99 ms | allocated KiB |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine($"| parse and compile, the first time in the process | | {first.Elapsed.TotalMilliseconds:F1} | | |");
        Measure("parse and compile", Math.Max(50, count / 20), () => AgentPolicy.TryCompile(text, out _, out _));
        Measure("write the policy from its data", Math.Max(50, count / 20), () => AgentPolicyText.Write(BenchPolicy.Data).Length > 0);

        // All kinds once before any is measured: otherwise the first case pays for code that the runtime is still making better.
        for (var i = 0; i < count / 5; i++)
        {
            var warm = RegoState.Initial;
            foreach (var request in HonestRequests.Of(BenchPolicy.Data))
            {
                warm = policy!.Decide(warm, request).State;
            }
        }

        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(BenchPolicy.Data))
        {
            var (before, name) = (state, $"{request.Kind}, allowed");
            if (request.Kind == "CreateContainerRequest" && policy!.NameContainer(before, request) is "app-3" or "pause")
            {
                Measure($"{name} ({policy!.NameContainer(before, request)})", count, () => policy!.Decide(before, request).Allowed);
                var json = Encoding.UTF8.GetBytes(request.Input.ToJson());
                Measure($"{name}, from JSON", count, () => AgentRequest.TryRead(request.Kind, json, out var read, out _) && policy!.Decide(before,
                    read).Allowed);
                var changed = Encoding.UTF8.GetBytes(request.Input.ToJson().Replace("\"/etc/resolv.conf\"", "\"/etc/other\"",
                    StringComparison.Ordinal));
                _ = AgentRequest.TryRead(request.Kind, changed, out var wrong, out _);
                Measure($"{request.Kind}, denied, with its line", count, () => !policy!.Decide(before, wrong!).Allowed);
            }
            else if (request.Kind is "CopyFileRequest" or "CreateSandboxRequest" && state == RegoState.Initial)
            {
                Measure(name, count, () => policy!.Decide(before, request).Allowed);
            }

            state = policy!.Decide(state, request).State;
        }
    }

    private static void Measure(string name, int count, Func<bool> run)
    {
        for (var i = 0; i < count / 5; i++)
        {
            if (!run())
            {
                throw new InvalidOperationException($"{name}: not the answer that was to be measured");
            }
        }

        var times = new double[count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            run();
            times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / 1024.0 / count;
        Array.Sort(times);
        Console.WriteLine($"| {name} | {times[0]:F3} | {times[count / 2]:F3} | {times[count * 99 / 100]:F3} | {allocated:F1} |");
    }
}
