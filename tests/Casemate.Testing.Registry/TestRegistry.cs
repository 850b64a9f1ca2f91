using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Casemate.Testing.Registry;

/// <summary>
/// A registry on loopback that keeps everything in memory: pull, push in one piece or several, resumed uploads, mounts, tags, referrers,
/// basic and token authentication. It goes wrong where a test asks it to. Source: OCI Distribution Specification 1.1.
/// </summary>
public sealed partial class TestRegistry : IAsyncDisposable
{
    private readonly TestRegistryOptions _options;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly List<LoggedRequest> _log = [];
    private readonly List<(RegistryFault Fault, int[] Left)> _faults = [];
    private readonly Dictionary<string, TestRepository> _repositories = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Task _accepting;

    /// <summary>Starts it.</summary>
    public TestRegistry(TestRegistryOptions? options = null)
    {
        _options = options ?? new TestRegistryOptions();
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Its name in references.</summary>
    public string Host => $"localhost:{Port}";

    /// <summary>Its address, without a slash at the end.</summary>
    public string Address => $"{(_options.Certificate is null ? "http" : "https")}://{Host}";

    /// <summary>The requests so far, in order of arrival.</summary>
    public IReadOnlyList<LoggedRequest> Log
    {
        get
        {
            lock (_lock)
            {
                return [.. _log];
            }
        }
    }

    /// <summary>Forgets the requests so far.</summary>
    public void ClearLog()
    {
        lock (_lock)
        {
            _log.Clear();
        }
    }

    /// <summary>Lets something go wrong from now on.</summary>
    public void Add(RegistryFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_lock)
        {
            _faults.Add((fault, [fault.Times]));
        }
    }

    /// <summary>A repository, made if there is none.</summary>
    public TestRepository Repository(string name)
    {
        lock (_lock)
        {
            if (!_repositories.TryGetValue(name, out var repository))
            {
                _repositories[name] = repository = new TestRepository();
            }

            return repository;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    internal static string DigestOf(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            _connections.Add(Task.Run(() => ServeAsync(client)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            Stream stream = client.GetStream();
            if (_options.Certificate is { } certificate)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stopping.Token);
                stream = tls;
            }

            await using var connection = new HttpConnection(stream);
            while (await connection.ReadHeadAsync(_stopping.Token) is { } request)
            {
                RegistryFault? fault;
                lock (_lock)
                {
                    _log.Add(request);
                    fault = TakeFault(request);
                }

                if (!await ServeAsync(connection, request, fault))
                {
                    break;
                }
            }

            // What was sent is to arrive before the connection ends.
            client.Client.Shutdown(SocketShutdown.Send);
        }
    }

    private RegistryFault? TakeFault(LoggedRequest request)
    {
        foreach (var (fault, left) in _faults)
        {
            if (left[0] > 0 && fault.When(request))
            {
                left[0]--;
                return fault;
            }
        }

        return null;
    }

    // False when the connection ends with this request.
    private async Task<bool> ServeAsync(HttpConnection connection, LoggedRequest request, RegistryFault? fault)
    {
        using var body = new MemoryStream();
        var isWhole = await connection.ReadBodyAsync(request, body, fault?.CutUploadAfter, _stopping.Token);
        Answer answer;
        lock (_lock)
        {
            answer = Handle(request, body.ToArray(), isWhole, fault);
        }

        if (!isWhole || answer.IsNone || fault is { LoseAnswer: true })
        {
            return false;
        }

        return await SendAsync(connection, request, answer, fault);
    }

    private async Task<bool> SendAsync(HttpConnection connection, LoggedRequest request, Answer answer, RegistryFault? fault)
    {
        var content = fault?.Body ?? answer.Body;
        var headers = new Dictionary<string, string>(answer.Headers, StringComparer.OrdinalIgnoreCase);
        if (fault is { IsEndless: true })
        {
            headers["Connection"] = "close";
        }
        else if (answer.Status != 204)
        {
            headers["Content-Length"] = $"{content.Length}";
        }

        foreach (var (name, value) in fault?.Headers ?? new Dictionary<string, string>())
        {
            headers[name] = value;
        }

        request.Status = answer.Status;
        await connection.SendHeadAsync(answer.Status, headers, _stopping.Token);
        if (request.Method == "HEAD")
        {
            return true;
        }

        var stop = fault?.CutDownloadAfter ?? fault?.StallAfter;
        var length = (int)Math.Min(content.Length, stop ?? content.Length);
        request.Sent = length;
        await connection.SendAsync(content.AsMemory(0, length), _stopping.Token);
        while (fault is { IsEndless: true })
        {
            await connection.SendAsync(new byte[64 * 1024], _stopping.Token);
            request.Sent += 64 * 1024;
        }

        if (fault?.StallAfter is not null)
        {
            await connection.UntilClosedAsync(_stopping.Token);
        }

        return stop is null;
    }
}
