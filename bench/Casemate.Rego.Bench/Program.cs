using System.Diagnostics;
using System.Globalization;
using System.Text;
using Casemate.Rego;
using Casemate.Rego.Tests.Agent;

// Usage: Casemate.Rego.Bench [COUNT]     Prints a table of times in Markdown. Nothing else should run meanwhile.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5000;
var text = AgentPolicy.Text();
var options = new RegoCompileOptions { Version = RegoVersion.V0 };

var first = Stopwatch.StartNew();
var policy = RegoCompiler.Compile("agent.rego", text, options).Policy!;
first.Stop();
var query = policy.Prepare("data.agent_policy.CreateContainerRequest");
Console.WriteLine($"Policy of {Encoding.UTF8.GetByteCount(text) / 1024.0:F1} KiB; {count} runs of each case after {count / 5} that are not counted.");
Console.WriteLine();
Console.WriteLine("| case | fastest ms | p50 ms | p99 ms | max ms | allocated KiB |");
Console.WriteLine("|---|---|---|---|---|---|");
Console.WriteLine($"| parse and compile, the first time in the process (the code is compiled meanwhile) | | {first.Elapsed.TotalMilliseconds:F1} | | | |");
Measure("parse and compile", Math.Max(50, count / 20), _ => RegoCompiler.Compile("agent.rego", text, options).Succeeded);

var inputs = Enumerable.Range(0, 5).Select(i => Encoding.UTF8.GetBytes(AgentPolicy.Request(i).ToJsonString())).ToArray();
Measure("allowed: the last of five containers, request as JSON bytes", count, _ => Allowed(query.EvaluateJson(inputs[4])));
Measure("allowed: the first of five containers, request as JSON bytes", count, _ => Allowed(query.EvaluateJson(inputs[0])));
var ready = RegoValue.TryReadJson(inputs[4], out var value, out _) ? value : throw new InvalidOperationException();
Measure("allowed: the last container, request already a value", count, _ => Allowed(query.Evaluate(ready)));

// Identifiers are put into patterns: each request of this case has its own, so that no pattern was seen before.
var fresh = Enumerable.Range(0, (count * 6 / 5) + 1).Select(i => Encoding.UTF8.GetBytes(
    AgentPolicy.Request(4, i.ToString("x64", CultureInfo.InvariantCulture)).ToJsonString())).ToArray();
Measure("allowed: the last container, another identifier each time", count, i => Allowed(query.EvaluateJson(fresh[i])));

var wrong = AgentPolicy.Request(4);
wrong["OCI"]!["Mounts"]![20]!["source"] = "/etc/shadow";
var denied = Encoding.UTF8.GetBytes(wrong.ToJsonString());
Measure("denied: a mount with another source", count, _ => !Allowed(query.EvaluateJson(denied)));
var copy = policy.Prepare("data.agent_policy.CopyFileRequest");
var file = Encoding.UTF8.GetBytes($"{{\"path\": \"/run/kata-containers/shared/containers/{AgentPolicy.BundleId}-0011223344556677-hosts\"}}");
Measure("allowed: CopyFileRequest", count, _ => copy.EvaluateJson(file).IsTrue);
return 0;

static bool Allowed(RegoResult result) => result.Value is RegoObject decision && decision["allowed"] == RegoValue.True;

static void Measure(string name, int count, Func<int, bool> run)
{
    var warm = count / 5;
    for (var i = 0; i < warm; i++)
    {
        if (!run(i))
        {
            throw new InvalidOperationException($"{name}: not the answer that was to be measured");
        }
    }

    var times = new double[count];
    var before = GC.GetAllocatedBytesForCurrentThread();
    for (var i = 0; i < count; i++)
    {
        var begin = Stopwatch.GetTimestamp();
        run(warm + i);
        times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / 1024.0 / count;
    Array.Sort(times);
    Console.WriteLine($"| {name} | {times[0]:F3} | {times[count / 2]:F3} | {times[count * 99 / 100]:F3} | {times[^1]:F3} | {allocated:F1} |");
}
