using Casemate.Node.DevicePlugin;
using Casemate.Rpc;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>One ListAndWatch at a time.</summary>
public sealed class StreamGateTests
{
    [Fact]
    public async Task AnotherStream_TakesThePlaceOfTheFirst_AndNothingIsOver()
    {
        var gate = new StreamGate();
        using var call = new CancellationTokenSource();
        var first = gate.RunAsync(UntilCancelledAsync, CancellationToken.None);

        // Without a context, as where Kestrel calls: the first ends within the call that begins the second.
        var second = Task.CompletedTask;
        await Task.Run(
            void () => second = gate.RunAsync(UntilCancelledAsync, call.Token), TestContext.Current.CancellationToken);

        Assert.Equal(RpcStatus.Aborted, (await Assert.ThrowsAsync<RpcException>(() => first)).Status);
        Assert.False(gate.Over.IsCompleted);
        await call.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.True(gate.Over.IsCompleted);
    }

    [Fact]
    public async Task TheSecond_BeginsWhenTheFirstHasEnded()
    {
        var gate = new StreamGate();
        var ending = new TaskCompletionSource();
        var begun = false;
        var first = gate.RunAsync(_ => ending.Task, CancellationToken.None);
        var second = gate.RunAsync(
            _ =>
            {
                begun = true;
                return Task.CompletedTask;
            },
            CancellationToken.None);

        Assert.False(begun);
        ending.SetResult();

        await first;
        await second;
        Assert.True(begun);
    }

    private static Task UntilCancelledAsync(CancellationToken token)
    {
        var over = new TaskCompletionSource();
        token.Register(() => over.TrySetCanceled(token));
        return over.Task;
    }
}
