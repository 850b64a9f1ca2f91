using System.Diagnostics;
using System.Globalization;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Load;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;

// Usage: casemate-quoting-load serve PATH | report STATE-DIR FILE | load PATH REPORT-FILE [CLIENTS] [SECONDS]
//        | fair GREEDY-PATH OTHER-PATH REPORT-FILE [QUEUED] [ROUNDS]
// 'serve' writes the report that 'load' sends next to the socket (PATH.report). Every quote is one connection, as real clients have it.
if (args is ["serve", var listenPath])
{
    var machine = SimulatedPlatform.Create(TimeProvider.System.GetUtcNow()).Dcap;
    await using var provider = new SimulatedQuoteProvider(machine);
    var service = new DirectQuoteService(provider, await provider.InitialiseAsync(refresh: false, CancellationToken.None));
    await using var server = new AesmServer(service, new AesmServerOptions(), TimeProvider.System);
    File.WriteAllBytes(
        listenPath + ".report",
        machine.Report(new SimulatedEnclave { MrEnclave = new byte[32] }, machine.QuotingEnclave.TargetInfo.Span, new byte[64]));
    server.Listen(listenPath);
    Console.WriteLine("ready");
    Console.In.ReadLine();                                                 // runs until its input ends
    Console.WriteLine($"peak RSS {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576} MiB");
    return 0;
}

if (args is ["report", var stateDirectory, var target])
{
    var machine = (await SimulatedInstallation.OpenAsync(stateDirectory, [], TimeProvider.System, CancellationToken.None)).Platform.Dcap;
    File.WriteAllBytes(
        target, machine.Report(new SimulatedEnclave { MrEnclave = new byte[32] }, machine.QuotingEnclave.TargetInfo.Span, new byte[64]));
    return 0;
}

if (args is ["fair", var greedy, var other, var fairReport, ..])
{
    var queued = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 1000;
    var rounds = args.Length > 5 ? int.Parse(args[5], CultureInfo.InvariantCulture) : 30;
    await Fairness.RunAsync(greedy, other, File.ReadAllBytes(fairReport), queued, rounds);
    return 0;
}

if (args is not ["load", var path, var reportFile, ..])
{
    Console.Error.WriteLine("usage: serve PATH | report STATE-DIR FILE | load PATH REPORT-FILE [CLIENTS] [SECONDS] "
        + "| fair GREEDY-PATH OTHER-PATH REPORT-FILE [QUEUED] [ROUNDS]");
    return 2;
}

var clients = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 64;
var duration = TimeSpan.FromSeconds(args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 5);
var request = new QuoteRequest(File.ReadAllBytes(reportFile), default);
var client = AesmClient.ForPath(path, TimeSpan.FromSeconds(15));
await RunAsync(TimeSpan.FromSeconds(1));
var watch = Stopwatch.StartNew();
var latencies = await RunAsync(duration);
var elapsed = watch.Elapsed.TotalSeconds;
latencies.Sort();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{clients} clients: {latencies.Count / elapsed:F0} quotes/s, p50 {At(0.50):F2} ms, p99 {At(0.99):F2} ms, max {At(1):F2} ms"));
return 0;

double At(double share) => latencies[Math.Min(latencies.Count - 1, (int)(latencies.Count * share))];

async Task<List<double>> RunAsync(TimeSpan time)
{
    var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => LoopAsync(end))));
    return [.. all.SelectMany(l => l)];
}

async Task<List<double>> LoopAsync(long end)
{
    var times = new List<double>();
    while (Stopwatch.GetTimestamp() < end)
    {
        var start = Stopwatch.GetTimestamp();
        await client.GetQuoteAsync(AttestationKeyId.IntelQe3, request, 8192, CancellationToken.None);
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    return times;
}
