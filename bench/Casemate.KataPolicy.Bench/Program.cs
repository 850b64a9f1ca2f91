using System.Diagnostics;
using System.Globalization;
using System.Text;
using Casemate.KataPolicy;
using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;

// Usage: Casemate.KataPolicy.Bench [COUNT [CASEMATE]]     Prints tables in Markdown. Nothing else should run meanwhile.
//        Casemate.KataPolicy.Bench decisions [COUNT]     Times of decisions instead.
// A pod of ten containers, each with an image of its own of three layers in an OCI layout; CASEMATE is the program, to measure it whole.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Containers = 10;
if (args is ["decisions", .. var rest])
{
    DecisionBench.Run(rest is [var runs, ..] ? int.Parse(runs, CultureInfo.InvariantCulture) : 5000);
    return;
}

if (args is ["once", var place, var name])
{
    // One generation in a process of its own: what a user waits for, start of the runtime included.
    _ = await GenerateAsync(place, Profile(name));
    return;
}

var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200;
var directory = Directory.CreateTempSubdirectory("casemate-bench-").FullName;
try
{
    var bytes = await WriteImagesAsync(directory);
    Console.WriteLine(
        $"A pod of {Containers} containers; {Containers} images of three layers, {bytes / 1048576.0:F0} MiB of plain layers. Load average: {Load()}.");
    Console.WriteLine();
    Console.WriteLine(
        "| profile | first run, nothing cached, ms | hashes cached, in process: p50 ms | p99 ms | hashes cached, a process of its own: p50 ms | policy KiB |");
    Console.WriteLine("|---|---|---|---|---|---|");
    foreach (var profile in new[] { "kata-snp", "aks" })
    {
        var watch = Stopwatch.StartNew();
        var text = await GenerateAsync(directory, Profile(profile));
        var cold = watch.Elapsed.TotalMilliseconds;
        var times = new List<double>();
        for (var i = 0; i < count + (count / 5); i++)
        {
            watch.Restart();
            _ = await GenerateAsync(directory, Profile(profile));
            if (i >= count / 5)
            {
                times.Add(watch.Elapsed.TotalMilliseconds);
            }
        }

        times.Sort();
        var own = Processes(Environment.ProcessPath!, ["once", directory, profile], 11);
        Console.WriteLine(
            $"| {profile} | {cold:F0} | {times[times.Count / 2]:F2} | {times[(int)(times.Count * 0.99)]:F2} | {own:F0} | {Encoding.UTF8.GetByteCount(text) / 1024.0:F1} |");
    }

    if (args.Length > 1)
    {
        Console.WriteLine();
        var images = Enumerable.Range(0, Containers).SelectMany(i => new[] { "--image", $"{Reference(i)}=oci:{Layout(directory)}:{i}" });
        string[] command = ["policy", "generate", "-f", Path.Combine(directory, "pod.yaml"), "--cache", Path.Combine(directory, "cache"),
            .. images];
        Console.WriteLine(
            $"`casemate policy generate` for `kata-snp`, hashes cached, the whole program: p50 {Processes(args[1], command, 11):F0} ms. Load average: {Load()}.");
    }
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static RuntimeProfile Profile(string name) => BuiltInProfiles.TryFind(name, out var profile) ? profile : throw new ArgumentException(name);

static string Layout(string directory) => Path.Combine(directory, "layout");

static string Reference(int i) => $"registry.example/team/app{i}:1";

static string Load() =>
    File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..2]) : "not known here";

// From YAML to the policy's text, with a resolver that knows nothing but its caches.
static async Task<string> GenerateAsync(string directory, RuntimeProfile profile)
{
    var file = ManifestFile.Read("pod.yaml", await File.ReadAllBytesAsync(Path.Combine(directory, "pod.yaml")), ManifestOptions.Default);
    var locations = Enumerable.Range(0, Containers).ToDictionary(Reference, i => $"oci:{Layout(directory)}:{i}");
    locations[profile.PauseImage] = $"oci:{Layout(directory)}:pause";
    var cache = Path.Combine(directory, "cache");
    var images = new ImageResolver(new ImageResolverOptions
    {
        Locations = locations,
        Cache = new ImageFactsDirectory(Path.Combine(cache, "images")),
        Roots = new LayerRoots(new LayerRootDirectory(cache)),
    });
    var policy = await new PodPolicySource(images, profile).MakeAsync(file.Workloads.Single(), PodInputs.None, CancellationToken.None);
    return policy.Text ?? throw new InvalidOperationException(string.Join('\n', policy.Findings.Select(finding => finding.Message)));
}

static async Task<long> WriteImagesAsync(string directory)
{
    var bytes = 0L;
    var yaml = new StringBuilder(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: bench}\nspec:\n  volumes: [{name: tmp, emptyDir: {}}, {name: conf, configMap: {name: c}}]\n  containers:\n");
    for (var i = -1; i < Containers; i++)
    {
        var tag = i < 0 ? "pause" : $"{i}";
        var builder = new ImageBuilder(ImageLocation.Parse($"oci:{Layout(directory)}:{tag}").OpenTarget(null, null));
        for (var layer = 0; layer < 3; layer++)
        {
            var content = new byte[1 << 20];
            for (var at = 0; at < content.Length; at += 8)
            {
                BitConverter.TryWriteBytes(content.AsSpan(at), (at * 2654435761L) + (i * 31) + layer);
            }

            LayerFile[] files = layer == 0
                ? [LayerFile.File("etc/passwd", ContentSource.FromBytes("root:x:0:0\n"u8.ToArray())),
                    LayerFile.File("etc/group", ContentSource.FromBytes("root:x:0:\n"u8.ToArray()))]
                : [];
            _ = await builder.AddLayerAsync(
                [.. files, LayerFile.File($"data{layer}", ContentSource.FromBytes(content))], "bench", compress: true,
                CancellationToken.None);
            bytes += content.Length;
        }

        _ = await builder.CompleteAsync(
            new ImageConfig
            {
                Platform = Platform.LinuxAmd64,
                DiffIds = [],
                Config = new ContainerConfig { Env = ["PATH=/bin"], Entrypoint = ["/app"] }
            }, null, tag, CancellationToken.None);
        if (i >= 0)
        {
            _ = yaml.Append(CultureInfo.InvariantCulture, $"""
                  - name: app{i}
                    image: {Reference(i)}
                    env: [{"{"}name: A, value: "{i}"{"}"}, {"{"}name: B, valueFrom: {"{"}fieldRef: {"{"}fieldPath: status.podIP{"}}}"}]
                    volumeMounts: [{"{"}name: tmp, mountPath: /tmp{"}"}, {"{"}name: conf, mountPath: /etc/app{"}"}]
                    livenessProbe: {"{"}exec: {"{"}command: [check]{"}}"}

                """);
        }
    }

    await File.WriteAllTextAsync(Path.Combine(directory, "pod.yaml"), yaml.ToString());
    return bytes;
}

static double Processes(string program, string[] arguments, int runs)
{
    var times = new List<double>();
    for (var i = 0; i < runs; i++)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        _ = output.Result;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors.Result}");
        }

        times.Add(watch.Elapsed.TotalMilliseconds);
    }

    times.Sort();
    return times[times.Count / 2];
}
