using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The program <c>casemate collateral serve</c>, killed while it stores and on a disk that takes nothing more.</summary>
public sealed class CollateralFaultTests(SharedState state) : IDisposable
{
    private const string AdminToken = "the token of the administrator";

    private readonly TemporaryDirectory _directory = new();

    private string Store => _directory.File("store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    public async Task KilledInTheMiddleOfManyStores_HasEveryAnsweredCertificate_AndNothingHalf(int answers)
    {
        var chip = (await OpenPlatformAsync()).Snp(SnpProduct.Milan).KeyDistribution.ChipId;
        var answered = new ConcurrentBag<int>();
        await using (var service = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated"))
        {
            using var http = Client(service);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("vcek/v1/Milan/crl")).StatusCode);
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var asking = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
            {
                for (var i = client; i < 1000; i += 4)
                {
                    try
                    {
                        using var response = await http.GetAsync(Vcek(chip, i));
                        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                    }
                    catch (HttpRequestException) when (enough.Task.IsCompleted)
                    {
                        return;                                             // the service is gone, as it should be
                    }

                    answered.Add(i);
                    if (answered.Count >= answers)
                    {
                        enough.TrySetResult();
                    }
                }
            })).ToArray();
            await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await service.KillAsync();
            await Task.WhenAll(asking).WaitAsync(TimeSpan.FromMinutes(1));
        }

        await AssertStoreVerifiesAsync();
        var kept = DirectoryCollateralStore.Open(Store, TimeProvider.System.GetUtcNow());
        foreach (var i in answered)
        {
            var key = CollateralKey.Vcek(SnpProduct.Milan, chip, new SnpTcb(null, (byte)(i / 250), 0, 1, (byte)(i % 250)));
            Assert.NotNull((await kept.ReadAsync(key, default)).Collateral);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(40)]
    public async Task KilledInTheMiddleOfAnUpload_HasAllOfItOrNothing(int milliseconds)
    {
        var fmspc = (await OpenPlatformAsync()).Dcap.Provisioning.Fmspc;
        var upload = await UploadAsync(fmspc);
        await using (var service = await StartOfflineAsync())
        {
            using var http = Client(service);
            using var request = new HttpRequestMessage(HttpMethod.Put, "sgx/certification/v4/platformcollateral")
            {
                Content = new ByteArrayContent(upload),
            };
            request.Headers.Add("admin-token", AdminToken);
            var sent = http.SendAsync(request);

            // Wherever in the upload that is: what is asserted holds at any moment.
            await Task.WhenAny(sent, Task.Delay(milliseconds));
            await service.KillAsync();
            _ = await Task.WhenAny(sent);                                   // answered or cut off: both may be
        }

        await using var next = await StartOfflineAsync();
        using var client = Client(next);
        var statuses = new List<HttpStatusCode>();
        foreach (var route in (string[])
            [
                $"sgx/certification/v4/tcb?fmspc={fmspc}", $"tdx/certification/v4/tcb?fmspc={fmspc}", "sgx/certification/v4/qe/identity",
                "tdx/certification/v4/qe/identity", "sgx/certification/v4/rootcacrl", "sgx/certification/v4/pckcrl?ca=platform",
                "sgx/certification/v4/pckcrl?ca=processor",
            ])
        {
            statuses.Add((await client.GetAsync(route)).StatusCode);
        }

        Assert.True(statuses.Distinct().Count() == 1, string.Join(", ", statuses));
        await AssertStoreVerifiesAsync();
    }

    [Fact]
    public async Task OnAFullDisk_ServesWhatItFetches_SaysSo_AndKeepsNothingHalf()
    {
        var platform = (await OpenPlatformAsync()).Dcap.Provisioning;

        // No file may grow beyond 512 bytes, less than any signed document has. The runtime's own memory file is spared.
        var (program, before) = ChildProgram.Casemate;
        await using (var running = RunningProgram.Start(
            "sh",
            [
                "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", program, .. before, "collateral", "serve", "--store", Store, "--listen",
                "127.0.0.1:0", "--plain-http", "--source", "simulated", "--allow-simulated", state.RootsFile,
            ],
            new Dictionary<string, string?>(state.Environment) { ["DOTNET_EnableWriteXorExecute"] = "0" }))
        {
            using var line = System.Text.Json.JsonDocument.Parse(await running.ErrorLineAsync("\"EventId\":3500"));
            var address = line.RootElement.GetProperty("State").GetProperty("Address").GetString()!;
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };

            for (var i = 0; i < 2; i++)
            {
                using var response = await http.GetAsync($"sgx/certification/v4/tcb?fmspc={platform.Fmspc}");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }

            Assert.Contains("could not be stored", await running.ErrorLineAsync("\"EventId\":3514"), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("healthz")).StatusCode);
            running.Send(RunningProgram.Signal.Terminate);
            Assert.Equal(0, (await running.EndAsync()).ExitCode);
        }

        var kept = DirectoryCollateralStore.Open(Store, TimeProvider.System.GetUtcNow());
        Assert.Null((await kept.ReadAsync(CollateralKey.TcbInfo(Casemate.Attestation.Tee.Sgx, platform.Fmspc), default)).Collateral);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Store, "tcb-info")));
        await using var next = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated");
        using var client = Client(next);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"sgx/certification/v4/tcb?fmspc={platform.Fmspc}")).StatusCode);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(Store, "tcb-info"), "*.about.json"));
    }

    private static string Vcek(string chip, int i) =>
        $"vcek/v1/Milan/{chip}?blSPL={i / 250}&teeSPL=0&snpSPL=1&ucodeSPL={i % 250}";

    private static HttpClient Client(RunningCollateralService service) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(service.Address) };

    private async Task<RunningCollateralService> StartOfflineAsync()
    {
        var hash = _directory.File("admin.sha512");
        await File.WriteAllTextAsync(hash, Convert.ToHexString(SHA512.HashData(Encoding.UTF8.GetBytes(AdminToken))));
        return await RunningCollateralService.StartAsync(
            state, Store, "--plain-http", "--mode", "offline", "--admin-token-hash", hash);
    }

    private async Task<byte[]> UploadAsync(string fmspc)
    {
        var (there, file) = (_directory.File("there"), _directory.File("platform_collaterals.json"));
        var fetched = await state.CasemateAsync(
            "collateral", "fetch", "--fmspc", fmspc, "--source", "simulated", "--dir", there, "--root", state.RootsFile);
        Assert.True(fetched.ExitCode == 0, fetched.Error + fetched.Output);
        var exported = await state.CasemateAsync(
            "collateral", "export", "--format", "platformcollateral", "--out", file, "--dir", there, "--root", state.RootsFile);
        Assert.True(exported.ExitCode == 0, exported.Error + exported.Output);
        return await File.ReadAllBytesAsync(file);
    }

    private async Task AssertStoreVerifiesAsync()
    {
        var shown = await state.CasemateAsync("collateral", "show", "--dir", Store, "--root", state.RootsFile, "-o", "json");
        Assert.True(shown.ExitCode == 0, shown.Error);
        using var json = System.Text.Json.JsonDocument.Parse(shown.Output);
        Assert.All(
            json.RootElement.GetProperty("collateral").EnumerateArray(),
            piece => Assert.Equal("good", piece.GetProperty("state").GetString()));
    }

    private async Task<SimulatedPlatform> OpenPlatformAsync() => (await SimulatedInstallation.OpenAsync(
        state.Directory, [SnpProduct.Milan], TimeProvider.System, TestContext.Current.CancellationToken)).Platform;
}
