using Casemate.Cli;
using Casemate.Quoting.Dcap;

// The quote helper starts this program once more to hold Intel's library. Before anything else: a worker has no commands and no options.
if (args is [DcapWorker.Argument])
{
    return DcapWorker.Run();
}

return await CasemateProgram.RunAsync(args, CasemateInvocation.OfThisProcess());
