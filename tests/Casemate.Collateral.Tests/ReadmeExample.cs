using Casemate.Attestation.Dcap;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

/// <summary>The example of the verification library's README that reads collateral: compiled, run, and compared with the page.</summary>
public sealed class ReadmeExample
{
    [Fact]
    public void FindsTheCollateralOfAQuote()
    {
        var corpus = CorpusCase.Get("automata-sgx-platCA-swhardening");
        var (quote, now, folder) = (corpus.Quote, corpus.VerifyAt, corpus.Folder);

        // example: collateral
        DcapCollateralQuery query = DcapCollateralQuery.TryCreate(quote) ?? throw new InvalidDataException("no quote that names its platform");
        DcapCollateral collateral = CollateralReader.Read(folder).FindDcap(query, now, exact: true, out string problem)
            ?? throw new InvalidDataException(problem);
        // end

        Assert.Equal(corpus.DcapCollateral().TcbInfo.Body.ToArray(), collateral.TcbInfo.Body.ToArray());
    }

    [Fact]
    public void StandsInTheReadme_AsItIsRunHere()
    {
        var source = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Collateral.Tests", "ReadmeExample.cs"));
        var lines = source.SkipWhile(l => l.Trim() != "// example: collateral").Skip(1).TakeWhile(l => l.Trim() != "// end").Select(l => l[8..]);

        Assert.Contains(
            string.Join('\n', lines), File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src", "Casemate.Attestation", "README.md")),
            StringComparison.Ordinal);
    }
}
