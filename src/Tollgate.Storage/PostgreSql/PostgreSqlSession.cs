using System.Data.Common;
using Npgsql;

namespace Tollgate.Storage.PostgreSql;

internal sealed class PostgreSqlSession(NpgsqlConnection connection, NpgsqlTransaction? transaction)
    : Session(DatabaseKind.PostgreSql, connection)
{
    public override DbTransaction? Transaction => transaction;

    public override bool CanWrite => transaction is not null;

    protected override Task EndAsync(CancellationToken cancellationToken) =>
        transaction?.CommitAsync(cancellationToken)
        ?? throw new InvalidOperationException("A reading session has nothing to commit.");

    public override Task NotifyAsync(string payload, CancellationToken cancellationToken) =>
        PostgreSqlDatabase.NotifyAsync((NpgsqlConnection)Connection, payload, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (transaction is not null)
                await transaction.DisposeAsync();
        }
        finally
        {
            await Connection.DisposeAsync();
        }
    }
}
