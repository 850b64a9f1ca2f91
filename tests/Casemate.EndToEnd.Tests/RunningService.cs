using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Quoting;
using Casemate.Serve;
using Casemate.Serve.Guest;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>A <c>casemate serve</c> of its own directory, on a free port.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private RunningService(RunningProgram program, string store, Uri address) =>
        (Program, State, Address) = (program, new StateDirectory(store), address);

    public RunningProgram Program { get; }

    public StateDirectory State { get; }

    public Uri Address { get; }

    /// <summary>Starts a service and waits until it serves.</summary>
    public static async Task<RunningService> StartAsync(string store, params string[] arguments)
    {
        var program = RunningProgram.StartCasemate(null, ["serve", "--store", store, "--listen", "127.0.0.1:0", .. arguments]);
        try
        {
            using var line = JsonDocument.Parse(await program.ErrorLineAsync("\"EventId\":3100"));
            return new RunningService(program, store, new Uri(line.RootElement.GetProperty("State").GetProperty("Address").GetString()!));
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts a secret into the store as an administrator on the same machine does.</summary>
    public async Task SetSecretAsync(string path, string content)
    {
        using var store = DirectoryResourceStore.Open(State.Resources, State.ResourceKeys);
        await store.PutAsync(ResourcePath.Parse(path), Encoding.UTF8.GetBytes(content));
    }

    /// <summary>The certificate that the service made for itself.</summary>
    public byte[] Certificate => X509CertificateLoader.LoadCertificateFromFile(State.TlsCertificate).RawData;

    /// <summary>A workload's client. Over TLS it accepts exactly the service's own certificate.</summary>
    public KbsClient Client(IEvidenceProvider evidence) => new(
        new KbsClientOptions
        {
            Address = Address,
            HandshakeInterval = TimeSpan.Zero,
            PinnedCertificate = Address.Scheme is "https" ? Certificate : null,
        },
        evidence, TimeProvider.System);

    public ValueTask DisposeAsync() => Program.DisposeAsync();
}
