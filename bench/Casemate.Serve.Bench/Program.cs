using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Casemate.Attestation;
using Casemate.Collateral.Upstream;
using Casemate.Serve.Pccs;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;
using Microsoft.Extensions.Logging.Abstractions;

// How many requests a second the collateral service answers from its cache, over TLS; a table for bench/results.
// Usage: Casemate.Serve.Bench [SECONDS [CONNECTIONS]]
var seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10;
var connections = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 64;
using var folder = new TemporaryDirectory();
var platform = SimulatedPlatform.Create(TimeProvider.System.GetUtcNow());
var machine = platform.Dcap.Provisioning;
await using var upstream = await TestProvisioningServer.StartAsync(platform, TimeProvider.System);
await File.WriteAllTextAsync(folder.File("key"), TestProvisioningServer.SubscriptionKey);
using var handler = UpstreamTransport.CreateHandler(useProxy: false);
await using var server = await CollateralServer.StartAsync(
    new CollateralServerOptions
    {
        Listen = "127.0.0.1:0",
        StoreDirectory = folder.File("store"),
        Roots = platform.Allow(TrustRoots.Production),
        Upstreams =
        [
            new PcsClient(
                new PcsOptions
                {
                    Endpoint = new UpstreamEndpoint { Address = upstream.Address },
                    RootCrl = new UpstreamEndpoint { Address = new Uri(upstream.Address, "IntelSGXRootCA.der") },
                    SubscriptionKeyFile = folder.File("key"),
                },
                handler, TimeProvider.System),
        ],
    },
    NullLoggerFactory.Instance, TimeProvider.System, default);

const string sgx = "/sgx/certification/v4/";
(string Name, string Target)[] routes =
[
    ("pckcert",
        $"{sgx}pckcert?qeid={machine.QeId}&encrypted_ppid={machine.EncryptedPpid}"
        + $"&cpusvn={machine.CpuSvn}&pcesvn={machine.PceSvn}&pceid={machine.PceId}"),
    ("tcb", $"{sgx}tcb?fmspc={machine.Fmspc}&update=standard"),
    ("qe/identity", $"{sgx}qe/identity?update=standard"),
    ("pckcrl", $"{sgx}pckcrl?ca=platform&encoding=der"),
];
Console.WriteLine($"{connections} connections, HTTP/1.1 over TLS, {seconds} s for each route; the clients are in the same process.\n");
Console.WriteLine("| route | requests/s | p50 ms | p99 ms |\n|---|---|---|---|");
foreach (var (name, target) in routes)
{
    await MeasureAsync(name, target, TimeSpan.FromSeconds(3), print: false);      // compiled, and in the cache
}

foreach (var (name, target) in routes)
{
    await MeasureAsync(name, target, TimeSpan.FromSeconds(seconds), print: true);
}

Console.WriteLine($"\nRequests to the upstream in all: {upstream.Requests.Count}.");

async Task MeasureAsync(string name, string target, TimeSpan duration, bool print)
{
    var watch = Stopwatch.StartNew();
    var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => AskAsync(target, watch, duration))));
    var elapsed = watch.Elapsed.TotalSeconds;
    var times = results.SelectMany(times => times).Order().ToArray();
    if (print)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| `{name}` | {times.Length / elapsed:N0} | {times[times.Length / 2]:F2} | {times[times.Length * 99 / 100]:F2} |"));
    }
}

async Task<List<double>> AskAsync(string target, Stopwatch watch, TimeSpan duration)
{
    using var tcp = new TcpClient { NoDelay = true };
    await tcp.ConnectAsync(server.Address!.Host, server.Address.Port);
    using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
    await tls.AuthenticateAsClientAsync("localhost");
    var request = Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    var buffer = new byte[256 * 1024];
    var times = new List<double>(1 << 16);
    while (watch.Elapsed < duration)
    {
        var started = Stopwatch.GetTimestamp();
        await tls.WriteAsync(request);
        var (received, total) = (0, -1);
        while (total < 0 || received < total)
        {
            received += await tls.ReadAsync(buffer.AsMemory(received));
            if (total < 0 && buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                var head = Encoding.ASCII.GetString(buffer, 0, end);
                if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                {
                    throw new InvalidDataException(head);
                }

                var at = head.IndexOf("Content-Length: ", StringComparison.Ordinal) + "Content-Length: ".Length;
                var line = head.IndexOf('\r', at);
                total = end + 4 + int.Parse(head.AsSpan(at, (line < 0 ? head.Length : line) - at), CultureInfo.InvariantCulture);
            }
        }

        times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    return times;
}
