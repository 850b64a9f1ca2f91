using System.Diagnostics;
using System.Globalization;
using Casemate.Webhook.Load;

// Usage: casemate-webhook-load ordinary|epc URL [CONNECTIONS] [SECONDS]
if (args is not ["ordinary" or "epc", var url, ..] || !Uri.TryCreate(url, UriKind.Absolute, out var address))
{
    Console.Error.WriteLine("usage: ordinary|epc URL [CONNECTIONS] [SECONDS]");
    return 2;
}

var connections = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 16;
var duration = TimeSpan.FromSeconds(args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 10);
var review = SampleReview.Make(args[0] == "epc");
var request = SampleReview.Request(address, review);
var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Connection.OpenAsync(address)));
await RunAsync(TimeSpan.FromSeconds(2));
var watch = Stopwatch.StartNew();
var times = await RunAsync(duration);
var elapsed = watch.Elapsed.TotalSeconds;
times.Sort();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"| {args[0]} | {review.Length} | {connections} | {times.Count / elapsed:F0} | {At(0.50):F2} ms | {At(0.99):F2} ms | {At(1):F2} ms |"));
foreach (var connection in all)
{
    connection.Dispose();
}

return 0;

double At(double share) => times[Math.Min(times.Count - 1, (int)(times.Count * share))];

async Task<List<double>> RunAsync(TimeSpan time)
{
    var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    return [.. (await Task.WhenAll(all.Select(connection => Task.Run(() => connection.AskAsync(request, end))))).SelectMany(list => list)];
}
