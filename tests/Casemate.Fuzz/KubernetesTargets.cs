using System.Text;
using System.Text.Json;
using Casemate.Kubernetes;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What a kubeconfig file may hold, and what an API server may answer.</summary>
public static class KubernetesTargets
{
    private const int Limit = 4096;

    private const string Configuration =
        "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters:\n- name: c\n  cluster:\n    server: https://10.0.0.1:6443\n"
        + "    tls-server-name: api\nusers:\n- name: u\n  user:\n    token: the-secret\ncontexts:\n- name: here\n"
        + "  context: {cluster: c, user: u, namespace: n}\n";

    private const string Pod = "{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":\"7\"},\"spec\":{}}";

    private static readonly KubeRequest s_request = new(HttpMethod.Get, "api/v1/pods");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("kube-config", Kubeconfig, [
            Bytes(Configuration),
            Bytes(Configuration.Replace("token: the-secret", "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, args: [a]}",
                StringComparison.Ordinal)),
            Bytes("{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"y\"}}],"
                + "\"clusters\":[{\"name\":\"y\",\"cluster\":{\"server\":\"http://127.0.0.1:8001/\"}}]}")]),
        new("kube-watch", Watch, [
            Bytes($"{{\"type\":\"ADDED\",\"object\":{Pod}}}\n{{\"type\":\"DELETED\",\"object\":{Pod}}}\n"),
            Bytes($"\n{{\"type\":\"BOOKMARK\",\"object\":{Pod}}}\n"), Bytes($"{{\"type\":\"MODIFIED\",\"object\":{Pod}}}\n")]),
        new("kube-list", List, [
            Bytes($"{{\"metadata\":{{\"resourceVersion\":\"9\",\"continue\":\"more\"}},\"items\":[{Pod},{Pod}]}}"),
            Bytes("{\"metadata\":{},\"items\":null}")]),
        new("kube-manifest", Manifest, [
            Bytes("apiVersion: v1\nkind: Pod\nmetadata: &m {name: p, labels: {a: \"b\"}}\nspec:\n- *m\n- |\n  text\n- 0644\n---\n"
                + "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: q}}]\n"),
            Bytes("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},\"data\":{\"k\":\"aGk=\",\"l\":null}}")]),
    ];

    private static bool Kubeconfig(ReadOnlySpan<byte> input)
    {
        var path = Path.Combine(Path.GetTempPath(), $"casemate-fuzz-{Environment.ProcessId}.kubeconfig");
        File.WriteAllBytes(path, input);
        try
        {
            var configuration = KubeConfiguration.Load(path, environment: new KubeEnvironment());
            Require(configuration.Server.Scheme == Uri.UriSchemeHttps || configuration.Server.IsLoopback, "credentials in the clear", input);
            Require(configuration.Server.AbsolutePath.EndsWith('/'), "an address without its slash", input);
            Require(!configuration.AllowUnverifiedApiServer, "nobody checks who answers", input);
            Require(configuration.Server.UserInfo.Length == 0, "credentials in the address", input);
            return true;
        }
        catch (KubeConfigurationException failure)
        {
            Require(failure.Message.Length > 0, "a refusal without a reason", input);
            return false;
        }
        finally
        {
            File.Delete(path);
        }
    }

    // In one piece and byte by byte: the same events, or the same refusal.
    private static bool Watch(ReadOnlySpan<byte> input)
    {
        var (whole, refusal) = Events(input.ToArray(), int.MaxValue);
        var (pieces, refusalOfPieces) = Events(input.ToArray(), 1);
        Require(whole.SequenceEqual(pieces) && refusal == refusalOfPieces, "pieces are read otherwise than the whole", input);
        return refusal is null && whole.Count > 0;
    }

    private static (List<(KubeWatchEventType Type, string Key)> Events, string? Refusal) Events(byte[] input, int piece)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new PieceStream(input, piece)) };
        var events = new List<(KubeWatchEventType, string)>();
        var reader = WatchReader.OpenAsync(s_request, response, Limit, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            while (reader.NextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } next)
            {
                events.Add((next.Type, next.Object.Key));
            }

            return (events, null);
        }
        catch (KubeException failure)
        {
            return (events, failure.Message);
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static bool List(ReadOnlySpan<byte> input)
    {
        try
        {
            var list = KubeListReader.Read(input.ToArray(), KubeResource.Pods);
            foreach (var item in list.Items)
            {
                Require(KubeObject.Parse(Encoding.UTF8.GetBytes(item.Json.GetRawText())).Key == item.Key, "an item does not come back", input);
            }

            return true;
        }
        catch (KubeException)
        {
            return false;
        }
    }

    // What is accepted is written and read back the same.
    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!ManifestReader.TryRead(text, out var objects, out var problem))
        {
            Require(problem.StartsWith("the manifest", StringComparison.Ordinal), "a refusal that does not say where", input);
            return false;
        }

        var again = ManifestReader.Parse(ManifestWriter.Write(objects));
        Require(again.Count == objects.Count, "an object does not come back", input);
        for (var i = 0; i < again.Count; i++)
        {
            Require(JsonElement.DeepEquals(objects[i].Json, again[i].Json), "an object comes back as another", input);
        }

        return objects.Count > 0;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class PieceStream(byte[] content, int piece) : MemoryStream(content, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(Read(buffer, offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));
    }
}
