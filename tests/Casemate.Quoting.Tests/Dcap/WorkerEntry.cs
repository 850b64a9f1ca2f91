using System.Runtime.CompilerServices;
using Casemate.Quoting.Dcap;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>Makes this test program able to be its own worker, as a program with <see cref="DcapQuoteProvider"/> has to be.</summary>
internal static class WorkerEntry
{
    [ModuleInitializer]
    internal static void RunWorker()
    {
        if (Environment.GetCommandLineArgs() is [_, DcapWorker.Argument])
        {
            DcapWorker.Run();
        }
    }
}
