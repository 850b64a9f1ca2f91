using System.Net;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Casemate.Serve.Tests.Guest;

/// <summary>
/// A key broker that believes everything, keeps a record of what it was sent, and answers wrongly where a test says so: what a
/// client must be able to stand.
/// </summary>
internal sealed class ScriptedBroker : IAsyncDisposable, IHttpApplication<HttpContext>
{
    public const string Nonce = "pL0pcBZ5+Ly1CfUWRwOPhfWSCSXuUwHiABD0xhFGFJo=";
    private readonly KestrelServer _server;
    private int _sessions;

    private ScriptedBroker()
    {
        var options = new KestrelServerOptions();
        options.Listen(IPAddress.Loopback, 0);
        _server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Every request: method and path, then the body.</summary>
    public List<(string Route, string Cookie, string Body)> Requests { get; } = [];

    /// <summary>Answers in place of the ordinary ones, by path; a null answer falls through to the ordinary one.</summary>
    public Dictionary<string, Func<int, (int Status, string Body)?>> Instead { get; } = [];

    public DateTimeOffset TokenExpires { get; set; } = DateTimeOffset.FromUnixTimeSeconds(4_000_000_000);

    public byte[] Resource { get; set; } = Encoding.UTF8.GetBytes("hello");

    public static async Task<ScriptedBroker> StartAsync()
    {
        var broker = new ScriptedBroker();
        await broker._server.StartAsync(broker, CancellationToken.None);
        broker.Address = new Uri(broker._server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return broker;
    }

    public int Count(string route) => Requests.Count(r => r.Route == route);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var route = $"{context.Request.Method} {context.Request.Path}";
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        int number;
        lock (Requests)
        {
            Requests.Add((route, context.Request.Headers.Cookie.ToString(), body));
            number = Count(route);
        }

        if (Instead.TryGetValue(route, out var script) && script(number) is { } answer)
        {
            context.Response.StatusCode = answer.Status;
            await context.Response.WriteAsync(answer.Body);
            return;
        }

        var text = route switch
        {
            "POST /kbs/v0/auth" => Challenge(context),
            "POST /kbs/v0/attest" => $$"""{"token":"{{Token()}}"}""",
            _ => Encoding.UTF8.GetString(Jwe.Encrypt(LastKey(), Resource)),
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(text);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }

    public Jwk LastKey()
    {
        using var document = JsonDocument.Parse(Requests.Last(r => r.Route == "POST /kbs/v0/attest").Body);
        var sent = document.RootElement.GetProperty("runtime-data").GetProperty("tee-pubkey");
        Assert.True(Jwk.TryRead(sent, out var key, out var error), error);
        return key;
    }

    public string Token() =>
        "e30." + Base64UrlText.Encode(Encoding.UTF8.GetBytes($$"""{"exp":{{TokenExpires.ToUnixTimeSeconds()}}}""")) + ".c2ln";

    private string Challenge(HttpContext context)
    {
        context.Response.Headers.SetCookie = $"kbs-session-id=session{Interlocked.Increment(ref _sessions)}; Path=/; HttpOnly";
        return $$"""{"nonce":"{{Nonce}}","extra-params":""}""";
    }
}
