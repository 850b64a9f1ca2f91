using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Casemate.Measurement.Igvm;
using Casemate.Measurement.Snp;
using Casemate.Testing.Igvm;
using Casemate.Testing.Snp;

// Usage: Casemate.Measurement.Bench [COUNT]     Prints a table of times in Markdown. Nothing else should run meanwhile.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200;
const int Size = 4 * 1024 * 1024;
Console.WriteLine($"{count} runs of each case after {count / 5} that are not counted.");
Console.WriteLine();
Console.WriteLine("| case | processor ms | fastest ms | p50 ms | p99 ms | max ms |");
Console.WriteLine("|---|---|---|---|---|---|");

// Random pages: no two alike, so that nothing is saved by firmware's padding.
var full = new OvmfSample { Pages = Size / 4096 }.ToBytes();

// As images are: a third of the pages full of the same byte.
var padded = full.ToArray();
padded.AsSpan(0, Size / 3 / 4096 * 4096).Fill(0xff);
var kernel = SnpKernelHashes.Compute(new MemoryStream(new byte[1]), null, "console=ttyS0");
var milan = SnpVcpuType.TryRead("EPYC-Milan", out var known) ? known! : throw new InvalidOperationException();
SnpVcpuType[] models = [.. new[] { "EPYC", "EPYC-Rome", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin" }
    .Select(name => SnpVcpuType.TryRead(name, out var type) ? type! : throw new InvalidOperationException())];

Measure("lower bound: SHA-384 of 4 MiB at once, one thread", () => SHA384.HashData(full).Length == 48);
Measure("launch digest: 4 MiB firmware, kernel hashes, 64 vCPUs", () => Start(full).Compute(SnpVmm.Qemu, milan, 1, 64).Length == 48);
Measure("the same with a third of the firmware padding", () => Start(padded).Compute(SnpVmm.Qemu, milan, 1, 64).Length == 48);
var matrix = new SnpMatrix([SnpVmm.Qemu], models, [1], [.. Enumerable.Range(1, 64)]);
Measure("matrix: 64 counts x 5 models, firmware included", () => Start(full).Compute(matrix).Count == 320);
var ready = Start(full);
Measure("matrix: 64 counts x 5 models, firmware hashed before", () => ready.Compute(matrix).Count == 320);
var sample = new IgvmSample().Platform(IgvmSample.Snp, 2).Platform(IgvmSample.Tdx, 3).Policy(IgvmSample.Snp, 0x30000);
for (var i = 0; i < Size / 4096; i++)
{
    sample.Page(0x10_0000 + ((ulong)i * 4096), IgvmSample.Snp | IgvmSample.Tdx, full[(i * 4096)..((i + 1) * 4096)]);
}

var image = sample.ToBytes();
Measure("IGVM file of 4 MiB: read", () => IgvmFile.Parse(image).Headers.Count > 1000);
var file = IgvmFile.Parse(image);
var platforms = file.Platforms.ToArray();
Measure("IGVM file of 4 MiB: SEV-SNP", () => IgvmMeasurement.Compute(file, platforms[0]).Digest.Length == 48);
Measure("IGVM file of 4 MiB: TDX", () => IgvmMeasurement.Compute(file, platforms[1]).Digest.Length == 48);
return 0;

SnpMeasurement Start(byte[] firmware) => SnpMeasurement.Create(new SnpGuest(OvmfImage.Parse(firmware)) { Kernel = kernel });

void Measure(string name, Func<bool> run)
{
    var times = new double[count];
    var before = TimeSpan.Zero;
    for (var i = -count / 5; i < count; i++)
    {
        before = i == 0 ? Environment.CpuUsage.TotalTime : before;
        var begin = Stopwatch.GetTimestamp();
        var isRight = run();
        var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        if (!isRight)
        {
            throw new InvalidOperationException($"{name}: not the answer that was to be measured");
        }

        if (i >= 0)
        {
            times[i] = time;
        }
    }

    var processor = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / count;
    Array.Sort(times);
    Console.WriteLine($"| {name} | {processor:F2} | {times[0]:F2} | {times[count / 2]:F2} | {times[count * 99 / 100]:F2} | {times[^1]:F2} |");
}
