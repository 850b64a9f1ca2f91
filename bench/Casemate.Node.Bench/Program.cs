using Casemate.Node.Bench;

// Usage: Casemate.Node.Bench PROGRAM [RUNS [cluster|KUBELET-DIRECTORY]]
//        Casemate.Node.Bench PROGRAM rest [cluster]
// Prints the rows of a table in Markdown.
var program = args is [var path, ..] ? Path.GetFullPath(path) : throw new ArgumentException("name the published program");
var rest = TimeSpan.FromSeconds(10);
if (args is [_, "rest", ..])
{
    // All at once: each rests for more than a minute.
    var resting = await Task.WhenAll(MeasuredMachine.All.Select(machine => AgentRun.StartAsync(program, machine, args is [_, _, "cluster"])));
    await Task.Delay(TimeSpan.FromSeconds(75));
    Console.WriteLine("| EPC | RSS after 75 s of rest | anonymous after 75 s of rest |");
    Console.WriteLine("|---|---|---|");
    foreach (var (machine, run) in MeasuredMachine.All.Zip(resting))
    {
        var memory = run.Memory();
        Console.WriteLine($"| {machine.Name} | {memory.Resident:0.0} MB | {memory.Anonymous:0.0} MB |");
        await run.DisposeAsync();
    }

    return;
}

var runs = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 11;
var inCluster = args is [_, _, "cluster"];
if (args is [_, _, var kubelet] && !inCluster)
{
    Console.WriteLine("| EPC | devices | start to registered, median (max) | start to known by the kubelet, median (max) | RSS idle | anonymous idle |");
    Console.WriteLine("|---|---|---|---|---|---|");
    foreach (var machine in MeasuredMachine.All)
    {
        var measures = new List<(double Registered, double Listed, double Resident, double Anonymous)>();
        for (var i = 0; i < runs; i++)
        {
            measures.Add(await RealKubeletRun.MeasureAsync(program, machine, kubelet, i + 1 < runs ? TimeSpan.Zero : rest));
        }

        Console.WriteLine(
            $"| {machine.Name} | {machine.Devices} | {Spread(measures.Select(one => one.Registered))} | {Spread(measures.Select(one => one.Listed))} "
            + $"| {measures[^1].Resident:0.0} MB | {measures[^1].Anonymous:0.0} MB |");
    }

    return;
}

// The test kubelet, here on the same processors, is compiled while it runs: as long as it still is, its time would be measured.
for (var i = 0; i < runs; i++)
{
    await using var warming = await AgentRun.StartAsync(program, MeasuredMachine.All[0], inCluster);
}

Console.WriteLine(
    "| EPC | devices | start to registered, median (max) | start to every list, median (max) | Allocate 1 device p50 / p99 "
    + "| Allocate 16 devices p50 / p99 | RSS idle | anonymous idle | anonymous after 4,000 allocations |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
foreach (var machine in MeasuredMachine.All)
{
    var starts = new List<AgentRun.Start>();
    for (var i = 0; i < runs; i++)
    {
        await using var run = await AgentRun.StartAsync(program, machine, inCluster);
        starts.Add(run.Times);
    }

    await using var measured = await AgentRun.StartAsync(program, machine, inCluster);
    await Task.Delay(rest);
    var idle = measured.Memory();
    var one = await measured.AllocateAsync(2000, 1);
    var many = await measured.AllocateAsync(2000, 16);
    var after = measured.Memory();
    Console.WriteLine(
        $"| {machine.Name} | {machine.Devices} | {Spread(starts.Select(start => start.Registered))} | {Spread(starts.Select(start => start.Listed))} "
        + $"| {one.P50:0.00} / {one.P99:0.00} ms | {many.P50:0.00} / {many.P99:0.00} ms "
        + $"| {idle.Resident:0.0} MB | {idle.Anonymous:0.0} MB | {after.Anonymous:0.0} MB |");
}

static string Spread(IEnumerable<double> values)
{
    var sorted = values.Order().ToList();
    return $"{sorted[sorted.Count / 2]:0} ({sorted[^1]:0}) ms";
}
