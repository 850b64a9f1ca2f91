using System.Diagnostics;
using System.Globalization;
using Casemate.Webhook.Load;

// Usage: casemate-webhook-load ordinary|epc URL PID [CONNECTIONS] [SECONDS]     PID: the webhook's, for its processor time.
if (args is not ["ordinary" or "epc", var url, var pid, ..] || !Uri.TryCreate(url, UriKind.Absolute, out var address))
{
    Console.Error.WriteLine("usage: ordinary|epc URL PID [CONNECTIONS] [SECONDS]");
    return 2;
}

using var webhook = Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture));
using var load = Process.GetCurrentProcess();
var connections = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 16;
var duration = TimeSpan.FromSeconds(args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 10);
var asksForEpc = args[0] == "epc";
var review = SampleReview.Make(asksForEpc);
var request = SampleReview.Request(address, review);
var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Connection.OpenAsync(address, wantsPatch: asksForEpc)));
await RunAsync(TimeSpan.FromSeconds(2));
var (webhookBefore, loadBefore) = (ProcessorTime(webhook), ProcessorTime(load));
var watch = Stopwatch.StartNew();
var times = await RunAsync(duration);
var elapsed = watch.Elapsed.TotalSeconds;
var webhookUsed = (ProcessorTime(webhook) - webhookBefore).TotalMicroseconds / times.Count;
var loadUsed = (ProcessorTime(load) - loadBefore).TotalMicroseconds / times.Count;
times.Sort();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"| {args[0]} | {review.Length} | {connections} | {times.Count / elapsed:F0} | {At(0.50):F2} ms | {At(0.99):F2} ms | {At(1):F2} ms "
        + $"| {webhookUsed:F0} µs | {loadUsed:F0} µs |"));
foreach (var connection in all)
{
    connection.Dispose();
}

return 0;

static TimeSpan ProcessorTime(Process process)
{
    process.Refresh();
    return process.TotalProcessorTime;
}

double At(double share) => times[Math.Min(times.Count - 1, (int)(times.Count * share))];

async Task<List<double>> RunAsync(TimeSpan time)
{
    var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    return [.. (await Task.WhenAll(all.Select(connection => Task.Run(() => connection.AskAsync(request, end))))).SelectMany(list => list)];
}
