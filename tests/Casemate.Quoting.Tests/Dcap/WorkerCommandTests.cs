using Casemate.Quoting.Dcap;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>How a program finds itself to be started as the worker.</summary>
public sealed class WorkerCommandTests
{
    [Fact]
    public void SingleFile_IsStartedAsItself()
    {
        var (program, arguments) = WorkerCommand.OfThisProgram("/usr/bin/casemate", ["/usr/bin/casemate", "quote-helper"]);

        Assert.Equal("/usr/bin/casemate", program);
        Assert.Empty(arguments);
    }

    [Fact]
    public void FrameworkDependent_IsStartedWithItsHost()
    {
        var (program, arguments) = WorkerCommand.OfThisProgram("/usr/share/dotnet/dotnet", ["/opt/casemate/casemate.dll", "quote-helper"]);

        Assert.Equal("/usr/share/dotnet/dotnet", program);
        Assert.Equal(["/opt/casemate/casemate.dll"], arguments);
    }

    [Fact]
    public void UnknownProgram_IsAnError()
    {
        var failure = Assert.Throws<QuoteProviderException>(() => WorkerCommand.OfThisProgram(null, []));

        Assert.Equal(AesmError.ServiceUnavailable, failure.Code);
    }
}
