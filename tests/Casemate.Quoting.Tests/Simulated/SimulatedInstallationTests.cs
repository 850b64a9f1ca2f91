using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Quoting.Simulated;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Simulated;

public sealed class SimulatedInstallationTests : IDisposable
{
    private static readonly SnpProduct[] NoProducts = [];
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Is_MadeOnceAndTheSameEverAfter()
    {
        var first = await OpenAsync();
        var second = await OpenAsync();

        Assert.True(first.IsNew);
        Assert.False(second.IsNew);
        Assert.Equal(first.Platform.Dcap.RootCaDer, second.Platform.Dcap.RootCaDer);
    }

    [Fact]
    public async Task Is_OneForAllWhoStartAtOnce()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync())));

        Assert.Single(opened, installation => installation.IsNew);
        Assert.Single(opened.Select(installation => Convert.ToHexString(installation.Platform.Dcap.RootCaDer)).Distinct());
    }

    [Fact]
    public async Task Keeps_TheKeysOfAProductLine()
    {
        var sgxOnly = await OpenAsync();
        var first = await OpenAsync(SnpProduct.Genoa);
        var second = await OpenAsync(SnpProduct.Genoa);

        Assert.Equal(sgxOnly.Platform.Dcap.RootCaDer, first.Platform.Dcap.RootCaDer);
        Assert.Equal(first.Platform.Snp(SnpProduct.Genoa).ArkDer, second.Platform.Snp(SnpProduct.Genoa).ArkDer);
    }

    [Fact]
    public async Task Publishes_ItsRootsForWhoeverWantsToAcceptThem()
    {
        var installation = await OpenAsync(SnpProduct.Genoa);

        var published = new X509Certificate2Collection();
        published.ImportFromPemFile(installation.RootsPath);

        Assert.Equal(
            installation.Platform.Allow(TrustRoots.None).All.Select(root => Convert.ToHexString(root.Der.Span)),
            published.Select(certificate => Convert.ToHexString(certificate.RawData)));
    }

    [Fact]
    public async Task Makes_ThePublishedRootsAnewWhenTheyAreGone()
    {
        var first = await OpenAsync();
        File.Delete(first.RootsPath);

        Assert.True(File.Exists((await OpenAsync()).RootsPath));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Keeps_ItsKeysFromOthers()
    {
        var directory = _directory.File("new");
        await SimulatedInstallation.OpenAsync(directory, NoProducts, TimeProvider.System, CancellationToken.None);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "simulator.state")));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(directory) & (UnixFileMode)0b111_111);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("not json")]
    public async Task Refuses_ADamagedStateAndKeepsIt(string content)
    {
        var path = _directory.File("simulator.state");
        await File.WriteAllTextAsync(path, content);

        var error = await Assert.ThrowsAsync<SimulatedInstallationException>(() => OpenAsync());

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("mv ", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Refuses_AStateWithOneChangedByte()
    {
        await OpenAsync();
        var path = _directory.File("simulator.state");
        var state = await File.ReadAllBytesAsync(path);
        state[state.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, state);

        await Assert.ThrowsAsync<SimulatedInstallationException>(() => OpenAsync());
    }

    [Fact]
    public async Task Refuses_AStateBeyondTheLimitWithoutReadingIt()
    {
        await using (var huge = File.Create(_directory.File("simulator.state")))
        {
            huge.SetLength(1L << 40);
        }

        await Assert.ThrowsAsync<SimulatedInstallationException>(() => OpenAsync());
    }

    [Theory]
    [InlineData("/named", "/xdg", "/home/me", "/named")]
    [InlineData(null, "/xdg", "/home/me", "/xdg/casemate")]
    [InlineData("", "/xdg", "/home/me", "/xdg/casemate")]
    [InlineData(null, "relative", "/home/me", "/home/me/.local/state/casemate")]
    [InlineData(null, null, "/home/me", "/home/me/.local/state/casemate")]
    public void Lives_WhereTheEnvironmentSays(string? named, string? xdg, string? home, string expected) =>
        Assert.Equal(expected, SimulatedInstallation.DefaultDirectory(Environment(named, xdg, home)));

    [Fact]
    public void Tells_WhenThereIsNowhereToLive() =>
        Assert.Throws<SimulatedInstallationException>(() => SimulatedInstallation.DefaultDirectory(Environment(null, null, null)));

    private static Func<string, string?> Environment(string? named, string? xdg, string? home) => name => name switch
    {
        "CASEMATE_STATE_DIR" => named,
        "XDG_STATE_HOME" => xdg,
        "HOME" => home,
        _ => null,
    };

    private Task<SimulatedInstallation> OpenAsync(params SnpProduct[] products) =>
        SimulatedInstallation.OpenAsync(_directory.Path, products, TimeProvider.System, CancellationToken.None);
}
