using System.Net.Sockets;

namespace Casemate.EndToEnd.Tests;

/// <summary>Asks a service on a Unix socket.</summary>
internal static class UnixHttp
{
    /// <summary>An answer as <c>status body</c>; <c>0</c> and the reason when nobody answers.</summary>
    public static async Task<string> GetAsync(string path, string request)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        try
        {
            using var response = await http.GetAsync(new Uri("http://localhost" + request));
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }
        catch (HttpRequestException exception)
        {
            return $"0 {exception.Message}";
        }
    }
}
