using Casemate.Quoting.Service;
using static Casemate.Quoting.Tests.Service.ServiceUnderTest;

namespace Casemate.Quoting.Tests.Service;

public sealed class QueuedMemoryTests
{
    // A queue holds 4,096 by default: 8 MiB at most, whatever its clients send.
    private const int MaximumPerRequest = 2048;

    [Fact]
    public async Task HoldsLessThanTwoKibibytes_ForEachOfAThousandQueuedRequests()
    {
        await using var test = new ServiceUnderTest();
        await using var service = new QuoteService(test.Provider, new QuoteServiceOptions(), TimeProvider.System);
        using var hangingUp = new CancellationTokenSource();
        var request = Report();
        var peer = Pod("greedy");
        var asked = new Task<QuoteOutcome>[1001];
        asked[0] = service.QuoteAsync(peer, request, null, hangingUp.Token).AsTask();
        var warm = service.QuoteAsync(peer, request, null, hangingUp.Token).AsTask();

        // What a call allocates before it waits is an upper bound of what it holds, and depends on neither time nor other threads.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < asked.Length; i++)
        {
            asked[i] = service.QuoteAsync(peer, request, null, hangingUp.Token).AsTask();
        }

        var perRequest = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;

        Assert.Equal(1001, service.QueueDepth);
        Assert.InRange(perRequest, 1, MaximumPerRequest);
        await hangingUp.CancelAsync();
        await Task.WhenAll([.. asked, warm]);
    }
}
