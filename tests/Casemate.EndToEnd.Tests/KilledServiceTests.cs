using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Casemate.Broker;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>SIGKILL at any moment: what was acknowledged is there, what is there is whole.</summary>
public sealed class KilledServiceTests(SharedState state) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Store => _directory.File("store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(120)]
    public async Task Loses_NoAcknowledgedResource(int acknowledgements)
    {
        var acknowledged = new ConcurrentDictionary<string, int>();
        var sent = new ConcurrentDictionary<string, int>();
        await using (var service = await RunningService.StartAsync(Store, "--plain-http"))
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = service.Address };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer", (await File.ReadAllTextAsync(service.State.AdminToken)).Trim());
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var count = 0;
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                for (var version = 1; ; version++)
                {
                    var name = $"default/w{writer}/r{version % 7}";
                    sent[name] = version;
                    try
                    {
                        using var response = await http.PostAsync($"/kbs/v0/resource/{name}", new ByteArrayContent(Content(name, version)));
                        response.EnsureSuccessStatusCode();
                    }
                    catch (HttpRequestException) when (enough.Task.IsCompleted)
                    {
                        return;                                            // the service is gone, as it should be
                    }

                    acknowledged[name] = version;
                    if (Interlocked.Increment(ref count) == acknowledgements)
                    {
                        enough.SetResult();
                    }
                }
            })).ToArray();

            await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
            service.Program.Send(RunningProgram.Signal.Kill);
            await Task.WhenAll(writers).WaitAsync(TimeSpan.FromMinutes(1));
        }

        Assert.True(acknowledged.Values.Count > 0);
        await AssertWholeAsync(acknowledged, sent);

        // The next start finds its audit log, cuts off what was torn, and goes on.
        await using var next = await RunningService.StartAsync(Store, "--plain-http");
        var chain = AuditLog.Verify(next.State.AuditLog);
        Assert.True(chain.IsIntact, chain.Problem);
        Assert.Empty(Directory.EnumerateFiles(Store, ".tmp-*", SearchOption.AllDirectories));
        await AssertWholeAsync(acknowledged, sent);
    }

    [Fact]
    public async Task Loses_NothingWhenASecretCommandIsKilled()
    {
        var acknowledged = new Dictionary<string, int>();
        var sent = new Dictionary<string, int>();
        var file = _directory.File("secret");
        for (var version = 1; version <= 8; version++)
        {
            const string name = "default/secret/key";
            await File.WriteAllBytesAsync(file, Content(name, version));
            sent[name] = version;
            await using var program = RunningProgram.StartCasemate(
                state.Environment, "secret", "set", name, "--from-file", file, "--store", Store);
            if (version % 2 == 0)
            {
                // Some time into its start or its write: each round a little later than the one before.
                await Task.WhenAny(program.EndAsync(), Task.Delay(TimeSpan.FromMilliseconds(20 * version)));
                _ = program.TrySend(RunningProgram.Signal.Kill);
                await program.EndAsync();
            }
            else
            {
                Assert.Equal(0, (await program.EndAsync()).ExitCode);
                acknowledged[name] = version;
            }

            await AssertWholeAsync(acknowledged, sent);
        }
    }

    private static byte[] Content(string name, int version)
    {
        // Long enough to be written in more than one piece by a careless writer.
        var line = Encoding.UTF8.GetBytes($"{name} {version}\n");
        return [.. Enumerable.Repeat(line, 2000).SelectMany(l => l)];
    }

    // Each resource holds one whole version: the acknowledged one, or a later one whose acknowledgement was on its way.
    private async Task AssertWholeAsync(IReadOnlyDictionary<string, int> acknowledged, IReadOnlyDictionary<string, int> sent)
    {
        using var store = DirectoryResourceStore.Open(Path.Combine(Store, "resources"));
        var paths = (await store.ListAsync()).Select(path => path.ToString()).ToHashSet();
        Assert.Superset(acknowledged.Keys.ToHashSet(), paths);
        foreach (var path in paths)
        {
            var content = await store.GetAsync(ResourcePath.Parse(path));
            var version = int.Parse(Encoding.UTF8.GetString(content!).Split('\n')[0].Split(' ')[1]);
            Assert.Equal(Content(path, version), content);
            Assert.InRange(version, acknowledged.GetValueOrDefault(path), sent[path]);
        }
    }
}
