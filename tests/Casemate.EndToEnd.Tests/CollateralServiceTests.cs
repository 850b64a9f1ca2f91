using System.Net;
using Casemate.Attestation.Snp;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>A simulated quote, everything else from <c>casemate collateral serve</c>, and later from a bundle without it.</summary>
public sealed class CollateralServiceTests(SharedState state) : IDisposable
{
    private const int Simulated = 20;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Tees => ["sgx", "tdx", "snp"];

    private string Store => _directory.File("store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Tees))]
    public async Task Serves_AllThatAQuoteNeeds_AndKeepsItWhenKilled(string tee)
    {
        var quote = await QuoteAsync(tee);
        await using (var service = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated"))
        {
            await AssertVerifiedAsync(quote, "--collateral", service.Address);
            await service.KillAsync();
        }

        // Nobody is asked now: what verifies the quote was kept.
        await using (var again = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--mode", "offline"))
        {
            await AssertVerifiedAsync(quote, "--collateral", again.Address);
            again.Program.Send(RunningProgram.Signal.Terminate);
            Assert.Equal(0, (await again.Program.EndAsync()).ExitCode);
        }

        var bundle = _directory.File("fleet.tar");
        var exported = await state.CasemateAsync(
            "collateral", "export", "--dir", Store, "--root", state.RootsFile, "--out", bundle, "--key", _directory.File("fleet.key"));
        Assert.True(exported.ExitCode == 0, exported.Error);
        Directory.Delete(Store, recursive: true);
        await AssertVerifiedAsync(quote, "--collateral", bundle, "--bundle-key", _directory.File("fleet.key.pub"));
    }

    [Fact]
    public async Task Serves_WhatAnotherOfItsKindHas()
    {
        await using var first = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated");
        await using var second = await RunningCollateralService.StartAsync(
            state, _directory.File("second"), "--plain-http", "--kds", first.Address,
            "--source", $"pccs:{first.Address}sgx/certification/v4/");

        foreach (var tee in (string[])["sgx", "snp"])
        {
            await AssertVerifiedAsync(await QuoteAsync(tee), "--collateral", second.Address);
        }
    }

    [Fact]
    public async Task Serves_OverTls_UnderItsOwnCertificate()
    {
        var quote = await QuoteAsync("sgx");
        await using var service = await RunningCollateralService.StartAsync(state, Store, "--source", "simulated");

        Assert.StartsWith("https://", service.Address, StringComparison.Ordinal);
        await AssertVerifiedAsync(
            quote, "--collateral", service.Address, "--collateral-ca", Path.Combine(Store, "tls", "tls.crt"));

        var stranger = await state.CasemateAsync("verify", quote, "--root", state.RootsFile, "--collateral", service.Address);
        Assert.Equal(4, stranger.ExitCode);
        Assert.Contains(
            "its TLS certificate is not trusted (UntrustedRoot): name the authority that vouches for it with --collateral-ca FILE",
            stranger.Error, StringComparison.Ordinal);
        var fetch = await state.CasemateAsync(
            "collateral", "fetch", "--from-evidence", quote, "--root", state.RootsFile, "--source", service.Address, "--dir",
            _directory.File("fetched"));
        Assert.Equal(4, fetch.ExitCode);
        Assert.Contains("with --source-ca FILE", fetch.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task Keeps_OnlyWholeDocuments_KilledWhileItFetches(int answers)
    {
        var platform = (await OpenPlatformAsync()).Dcap.Provisioning;
        string[] routes =
        [
            "sgx/certification/v4/rootcacrl", "sgx/certification/v4/pckcrl?ca=platform", "sgx/certification/v4/pckcrl?ca=processor",
            $"sgx/certification/v4/tcb?fmspc={platform.Fmspc}", $"tdx/certification/v4/tcb?fmspc={platform.Fmspc}",
            $"sgx/certification/v4/tcb?fmspc={platform.Fmspc}&update=early", "sgx/certification/v4/qe/identity",
            "tdx/certification/v4/qe/identity", "sgx/certification/v4/qve/identity", "sgx/certification/v4/qe/identity?update=early",
        ];
        await using (var service = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated"))
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(service.Address) };
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var count = 0;
            var asking = routes.Select(async route =>
            {
                try
                {
                    using var response = await http.GetAsync(route);
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                    if (Interlocked.Increment(ref count) == answers)
                    {
                        enough.SetResult();
                    }
                }
                catch (HttpRequestException) when (enough.Task.IsCompleted)
                {
                    // The service is gone, as it should be.
                }
            }).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await service.KillAsync();
            await Task.WhenAll(asking).WaitAsync(TimeSpan.FromMinutes(1));
        }

        // Whatever is there verifies, and the next service goes on with it.
        var shown = await state.CasemateAsync("collateral", "check", "--dir", Store, "--root", state.RootsFile);
        Assert.DoesNotContain("damaged", shown.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("unverifiable", shown.Output, StringComparison.OrdinalIgnoreCase);
        foreach (var file in Directory.EnumerateFiles(Store, ".tmp-*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);             // younger ones may be another replica's, under way
        }

        await using var next = await RunningCollateralService.StartAsync(state, Store, "--plain-http", "--source", "simulated");
        Assert.Empty(Directory.EnumerateFiles(Store, ".tmp-*", SearchOption.AllDirectories));
        await AssertVerifiedAsync(await QuoteAsync("sgx"), "--collateral", next.Address);
        Assert.DoesNotContain("\"EventId\":3515", next.Program.Error, StringComparison.Ordinal);
    }

    private async Task AssertVerifiedAsync(string quote, params string[] arguments)
    {
        var verified = await state.CasemateAsync(["verify", quote, "--root", state.RootsFile, .. arguments]);
        Assert.True(verified.ExitCode == Simulated, $"exit code {verified.ExitCode}: {verified.Error}{verified.Output}");
    }

    private async Task<string> QuoteAsync(string tee)
    {
        var platform = await OpenPlatformAsync();
        var data = new byte[64];
        byte[] content = tee switch
        {
            "sgx" => platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, data),
            "tdx" => platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, data),
            _ => platform.Snp(SnpProduct.Milan).Report(new SimulatedGuest { Measurement = new byte[48] }, data),
        };
        var file = _directory.File($"{tee}.bin");
        await File.WriteAllBytesAsync(file, content);
        return file;
    }

    private async Task<SimulatedPlatform> OpenPlatformAsync() => (await SimulatedInstallation.OpenAsync(
        state.Directory, [SnpProduct.Milan], TimeProvider.System, TestContext.Current.CancellationToken)).Platform;
}
