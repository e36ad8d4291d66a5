100 * sum(if({{column}} != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS {{column}}_percent
