namespace Casemate.Collateral.Store;

/// <summary>What says which entries an import brings does not make sense, so that it can neither be completed nor passed over.</summary>
internal sealed class DamagedTransactionException(string message, Exception? cause = null) : IOException(message, cause);
