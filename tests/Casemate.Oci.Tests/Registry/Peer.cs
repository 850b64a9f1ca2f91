using System.Text;
using Casemate.Oci.Registry;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>A registry and a client that knows it, and that does not wait between attempts but notes how long it would have.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly List<TimeSpan> _pauses = [];

    public Peer(TestRegistryOptions? options = null, Func<RegistryOptions, RegistryOptions>? change = null)
    {
        Server = new TestRegistry(options);
        var client = new RegistryOptions
        {
            AllowPlainHttp = new HashSet<string> { Server.Host },
            Pause = (wait, _) =>
            {
                _pauses.Add(wait);
                return Task.CompletedTask;
            },
        };
        Client = new RegistryClient(change?.Invoke(client) ?? client);
    }

    public TestRegistry Server { get; }

    public RegistryClient Client { get; }

    public IReadOnlyList<TimeSpan> Pauses => _pauses;

    /// <summary>The repository that most tests use.</summary>
    public TestRepository App => Server.Repository("team/app");

    public RegistryRepository Repository(string name = "team/app:1") => Client.Repository(ImageReference.Parse($"{Server.Host}/{name}"));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>Bytes that are the same on every run, and not the same everywhere.</summary>
    public static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) ^ (i >> 8));
        }

        return bytes;
    }

    public static Descriptor Layer(byte[] content) => Descriptor.Of(MediaTypes.Layer, content);

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static async Task<byte[]> ReadAsync(IImageSource source, Descriptor descriptor)
    {
        await using var stream = await source.OpenAsync(descriptor, CancellationToken.None);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    public static async Task<OciException> RefusedAsync(OciError error, Func<Task> action)
    {
        var failure = await Assert.ThrowsAsync<OciException>(action);
        Assert.Equal(error, failure.Error);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        return failure;
    }
}
