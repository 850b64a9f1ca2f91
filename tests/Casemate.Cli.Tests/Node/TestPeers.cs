using System.Text;
using Casemate.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Casemate.Cli.Tests.Node;

/// <summary>A quote helper and a key broker that answer whatever a test wants.</summary>
internal sealed class TestPeers : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<WebApplication> _applications = [];

    public string Socket => _directory.File("evidence.socket");

    public Uri Broker { get; private set; } = null!;

    /// <summary>What the helper says of itself.</summary>
    public string Description { get; set; } =
        """{"evidence":[{"tee":"tdx","provider":"tsm","simulated":false}],"quotesEnclaveReports":false}""";

    /// <summary>The helper's evidence.</summary>
    public string Evidence { get; set; } =
        """{"apiVersion":"casemate/v1","kind":"EvidenceBundle","made":"2026-09-01T00:00:00Z","tee":"tdx","evidence":"AAECAw=="}""";

    /// <summary>The claims of the broker's token; null: it refuses.</summary>
    public string? Claims { get; set; } = """{"exp":4102444800,"submods":{"cpu0":{"ear.status":"affirming"}}}""";

    /// <summary>The status with which it refuses.</summary>
    public int Refusal { get; set; } = 403;

    /// <summary>What the broker got as evidence.</summary>
    public string? Received { get; private set; }

    public static async Task<TestPeers> StartAsync()
    {
        var peers = new TestPeers();
        await peers.StartAsync(
            kestrel => kestrel.ListenUnixSocket(peers.Socket),
            context => context.Request.Path == "/v1/evidence"
                ? context.Response.WriteAsync(context.Request.Method == "GET" ? peers.Description : peers.Evidence)
                : NotFoundAsync(context));
        var broker = await peers.StartAsync(
            kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0),
            context => context.Request.Path.Value switch
            {
                "/kbs/v0/auth" => context.Response.WriteAsync("""{"nonce":"bm9uY2U=","extra-params":""}"""),
                "/kbs/v0/attest" => peers.AttestAsync(context),
                _ => NotFoundAsync(context),
            });
        peers.Broker = new Uri(broker.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return peers;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
        {
            await application.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task<WebApplication> StartAsync(
        Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions> listen, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(listen);
        var application = builder.Build();
        application.Run(answer);
        await application.StartAsync();
        _applications.Add(application);
        return application;
    }

    private async Task AttestAsync(HttpContext context)
    {
        Received = await new StreamReader(context.Request.Body).ReadToEndAsync();
        if (Claims is null)
        {
            context.Response.StatusCode = Refusal;
            return;
        }

        var payload = Convert.ToBase64String(Encoding.UTF8.GetBytes(Claims)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        await context.Response.WriteAsync($$"""{"token":"eyJhbGciOiJFUzI1NiJ9.{{payload}}.AAAA"}""");
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
