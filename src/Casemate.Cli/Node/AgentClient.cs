using System.Net.Sockets;
using Casemate.Primitives.Sockets;

namespace Casemate.Cli.Node;

/// <summary>Asks the agent that runs on this machine, by its health endpoint.</summary>
internal static class AgentClient
{
    private const int MaximumAnswer = 4 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Gets a page.</summary>
    /// <param name="address">Where the agent's health endpoint is: ADDRESS:PORT, or the path of a socket.</param>
    /// <param name="path">The page.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="CliException">The agent is not there or does not answer (exit code 4), or may not be asked (5).</exception>
    public static async Task<byte[]> GetAsync(string address, string path, CancellationToken cancellationToken)
    {
        const string remedy = "See that 'casemate node' runs on this machine, and name its --http here as well.";
        var socket = address.StartsWith('/') ? address : null;
        if (!Uri.TryCreate(socket is null ? $"http://{address}{path}" : $"http://localhost{path}", UriKind.Absolute, out var uri))
        {
            throw CliException.Usage($"--http '{address}' is no address", "Write ADDRESS:PORT, such as 127.0.0.1:9465, or the path of a socket.");
        }

        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null };
        if (socket is not null)
        {
            handler.ConnectCallback = (_, token) => UnixSocketStream.ConnectAsync(socket, token);
        }

        using var http = new HttpClient(handler) { Timeout = s_patience, MaxResponseContentBufferSize = MaximumAnswer };
        try
        {
            using var response = await http.GetAsync(uri, cancellationToken);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
                : throw new CliException(
                    ExitCode.Unreachable, $"what listens on {address} answers with HTTP status {(int)response.StatusCode}", remedy);
        }
        catch (HttpRequestException exception)
        {
            var code = exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied }
                ? ExitCode.NotPermitted : ExitCode.Unreachable;
            throw new CliException(
                code, $"the agent on {address} cannot be asked: {(exception.InnerException ?? exception).Message}", remedy, exception);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Unreachable, $"the agent on {address} does not answer", remedy, exception);
        }
    }
}
