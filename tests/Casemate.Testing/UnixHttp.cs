using Casemate.Primitives.Sockets;

namespace Casemate.Testing;

/// <summary>Asks a service on a Unix socket.</summary>
public static class UnixHttp
{
    /// <summary>A client whose every request goes to the socket at a path.</summary>
    public static HttpClient ClientOf(string path) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (_, cancellationToken) => UnixSocketStream.ConnectAsync(path, cancellationToken),
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = TaskPatience.Limit,
    };

    /// <summary>An answer as <c>status body</c>; <c>0</c> and the reason when nobody answers.</summary>
    public static async Task<string> GetAsync(string path, string request)
    {
        using var http = ClientOf(path);
        try
        {
            using var response = await http.GetAsync(request);
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }
        catch (HttpRequestException exception)
        {
            return $"0 {exception.Message}";
        }
    }
}
